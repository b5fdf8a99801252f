import Testing

@testable import Store

@Suite struct FeedTests: ~Copyable {
  var feed = Feed(limits: .init(messages: 2, bytes: 100), lastStored: 0)

  private func row(_ sequence: Int64, bytes: Int = 10) -> OutboxRow {
    OutboxRow(
      sequence: sequence, id: ItemID(UInt128(sequence)), body: Array(repeating: 0, count: bytes),
      phase: 0, storedAt: 1, expiresAt: nil, wasLoaded: false)
  }

  @Test mutating func `a consumer that keeps up gets rows from memory`() {
    feed.start()
    #expect(feed.stored(row(1)) == true)
    feed.finished(1)
    #expect(feed.stored(row(2)) == true)
    #expect(feed.wantsPage == false)
    #expect(feed.givenCount == 1)
  }

  @Test mutating func `a consumer that is not ready gets nothing, and everything later from disk`()
  {
    #expect(feed.stored(row(1)) == false)
    #expect(feed.wantsPage == false)
    feed.start()
    #expect(feed.wantsPage == true)
    #expect(feed.offer(row(1)) == true)
    feed.pageEnded()
    #expect(feed.wantsPage == false)
    #expect(feed.stored(row(2)) == true)
  }

  @Test mutating func `a row that finds no room stays on disk, and every later one behind it`() {
    feed.start()
    #expect(feed.stored(row(1)) == true)
    #expect(feed.stored(row(2)) == true)
    #expect(feed.stored(row(3)) == false)
    #expect(feed.wantsPage == false)
    feed.finished(1)
    #expect(feed.wantsPage == true)
    #expect(feed.stored(row(4)) == false)
    #expect(feed.offer(row(3)) == true)
    #expect(feed.lastGiven == 3)
    #expect(feed.isFull == true)
  }

  @Test mutating func `one row of any size is given, and nothing beside it`() {
    feed.start()
    #expect(feed.stored(row(1, bytes: 1000)) == true)
    #expect(feed.stored(row(2)) == false)
    feed.finished(1)
    #expect(feed.wantsPage == true)
    #expect(feed.givenBytes == 0)
  }

  @Test mutating func `a row found too large is not read again before it fits`() {
    feed.start()
    #expect(feed.stored(row(1, bytes: 60)) == true)
    #expect(feed.stored(row(2, bytes: 50)) == false)
    #expect(feed.wantsPage == false)
    feed.finished(1)
    #expect(feed.wantsPage == true)
  }

  @Test mutating func `finishing twice or finishing a row never given changes nothing`() {
    feed.start()
    #expect(feed.stored(row(1)) == true)
    feed.finished(1)
    feed.finished(1)
    feed.finished(99)
    #expect(feed.givenCount == 0)
    #expect(feed.givenBytes == 0)
  }

  @Test mutating func `the phase of a given row is remembered`() {
    feed.start()
    #expect(feed.stored(row(1)) == true)
    feed.advanced(1, to: 3)
    feed.advanced(2, to: 3)
    #expect(feed[1]?.phase == 3)
    #expect(feed[2] == nil)
  }
}
