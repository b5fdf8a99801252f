import Testing

@testable import HTTPFront

@Suite struct FrameLogTests {
  @Test func `a frame goes when its last holder lets go`() {
    var log = FrameLog(bytesMax: 10_000)
    let position = log.append(Frame("a"))
    log.hold(position)
    log.hold(position)
    log.release(position)
    #expect(log.frame(at: position) != nil)
    log.release(position)
    #expect(log.frame(at: position) == nil)
    #expect(log.byteCount == 0)
    log.release(position)
    #expect(log.byteCount == 0)
  }

  @Test func `frames in the middle go before older ones`() {
    var log = FrameLog(bytesMax: 10_000)
    let positions = (0..<3).map { log.append(Frame("\($0)")) }
    for position in positions { log.hold(position) }
    log.release(positions[1])
    #expect(log.frame(at: positions[0]) != nil)
    #expect(log.frame(at: positions[1]) == nil)
    #expect(log.oldest == positions[0])
    log.release(positions[0])
    #expect(log.oldest == positions[2])
  }

  @Test func `the oldest frames make room`() {
    var log = FrameLog(bytesMax: 1100)
    let frame = Frame([UInt8](repeating: 0x61, count: 200))
    let positions = (0..<10).map { _ in
      let position = log.append(frame)
      log.hold(position)
      return position
    }
    #expect(log.byteCount <= 1100)
    #expect(log.frame(at: positions[0]) == nil)
    #expect(log.frame(at: positions[9]) != nil)
    #expect(log.oldest == positions[7])
  }

  @Test func `a frame larger than the log is kept alone`() {
    var log = FrameLog(bytesMax: 100)
    let first = log.append(Frame("a"))
    let large = log.append(Frame([UInt8](repeating: 0x61, count: 5000)))
    #expect(log.frame(at: first) == nil)
    #expect(log.frame(at: large) != nil)
    let next = log.append(Frame("b"))
    #expect(log.frame(at: large) == nil)
    #expect(log.frame(at: next) != nil)
  }
}

@Suite struct PrivateFramesTests {
  @Test func `what does not fit is counted into one gap`() {
    var frames = PrivateFrames()
    for _ in 0..<4 { frames.append(Frame("1234567890"), before: 3, bytesMax: 25) }
    #expect(frames.entries.count == 3)
    let entries = Array(frames.entries)
    guard case .gap(2) = entries[2].content else {
      Issue.record("\(entries[2])")
      return
    }
    #expect(frames.byteCount == 20)
    frames.removeFirst()
    #expect(frames.byteCount == 10)
  }

  @Test func `a gap of the group stands behind what came before it`() {
    var frames = PrivateFrames()
    frames.append(Frame("a"), before: 2, bytesMax: 100)
    frames.append(Frame("b"), before: 9, bytesMax: 100)
    frames.insertGap(missed: 4, at: 3)
    #expect(frames.entries.map(\.before) == [2, 3, 9])
  }

  @Test func `a replay stands behind what is due and before what comes after group frames`() {
    var frames = PrivateFrames()
    frames.append(Frame("a"), before: 2, bytesMax: 100)
    frames.append(Frame("b"), before: 3, bytesMax: 100)
    frames.replay([Frame("c", position: 1), Frame("d")], before: 2)
    frames.replay([Frame("e")], before: 2)
    #expect(frames.entries.map(\.before) == [2, 2, 2, 2, 3])
    #expect(frames.entries.map(\.isReplay) == [false, true, true, true, false])
    #expect(frames.entries.map(\.position) == [0, 1, 0, 0, 0])
    #expect(frames.lastPosition == 1)
    #expect(frames.byteCount == 2)
    for _ in 0..<4 { frames.removeFirst() }
    #expect(frames.byteCount == 1)
    #expect(!frames.isNext(before: 2))
    #expect(frames.isNext(before: 3))
  }

  @Test func `what has a position goes when the group's frames before it are lost`() {
    var frames = PrivateFrames()
    frames.append(Frame("a", position: 1), before: 2, bytesMax: 100)
    frames.append(Frame("b", position: 2), before: 3, bytesMax: 100)
    frames.append(Frame("c"), before: 3, bytesMax: 100)
    frames.removePositioned(behind: 2)
    #expect(frames.entries.map(\.position) == [1, 0])
    #expect(frames.byteCount == 2)
  }
}

@Suite struct WriteVectorTests {
  @Test func `the last position is known for every number of pieces`() {
    var vector = WriteVector()
    for position in [0, 4, 0, 7] as [Int64] {
      vector.append(Frame("x", position: position), isChunked: true)
    }
    #expect((0...4).map { vector.lastPosition(ofFirst: $0) } == [0, 0, 4, 4, 7])
    vector.removeAll()
    vector.append(Frame("x"), isChunked: true)
    #expect(vector.lastPosition(ofFirst: 1) == 0)
  }
}

@Suite struct FrameTests {
  @Test func `the framing is a chunk`() {
    let frame = Frame("0123456789abcdef")
    #expect(
      String(decoding: frame.bytes(isChunked: true), as: UTF8.self) == "10\r\n0123456789abcdef\r\n")
    #expect(String(decoding: frame.bytes(isChunked: false), as: UTF8.self) == "0123456789abcdef")
    #expect(frame.count == 16)
  }

  @Test func `a frame can be given another position`() {
    let frame = Frame("text", position: 3)
    #expect(frame.position == 3)
    #expect(frame.at(5).position == 5)
    #expect(frame.at(5).bytes(isChunked: true) == frame.bytes(isChunked: true))
  }

  @Test func `an empty frame does not end the stream`() {
    #expect(Frame("").bytes(isChunked: true).isEmpty)
    #expect(Frame("").bytes(isChunked: false).isEmpty)
  }

  @Test func `the terminator exists only in chunks`() {
    #expect(String(decoding: Frame.terminator.bytes(isChunked: true), as: UTF8.self) == "0\r\n\r\n")
    #expect(Frame.terminator.bytes(isChunked: false).isEmpty)
  }
}

@Suite struct HTTPDateTests {
  @Test(arguments: [
    (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
    (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
  ])
  func `dates are written as HTTP wants them`(seconds: Int64, expected: String) {
    #expect(HTTPDate.text(secondsSince1970: seconds) == expected)
  }
}
