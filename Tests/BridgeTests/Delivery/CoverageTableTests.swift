import MQTTClient
import Store
import Testing

@testable import Bridge

/// Since when the log has everything of a filter.
@Suite struct CoverageTableTests {
  private let table = CoverageTable()
  private let filter: TopicFilter

  init() throws { filter = try TopicFilter("a/#") }

  private func name(_ since: Int64, _ text: String = "a/#") throws -> RecordedName {
    RecordedName(name: CoverageTable.name(try TopicFilter(text)), since: since)
  }

  @Test func `a filter is covered from where the store noted it`() throws {
    #expect(!table.isCovered(filter) && !table.covers(filter, after: 100))
    table.cover(filter)
    #expect(table.isCovered(filter) && !table.covers(filter, after: 100))
    table.recorded([try name(5)])
    #expect(!table.covers(filter, after: 4))
    #expect(table.covers(filter, after: 5) && table.covers(filter, after: 6))
  }

  @Test func `what the store has noted is settled, and what nobody covers`() throws {
    let other = try TopicFilter("b")
    #expect(table.isSettled([filter, other]))
    table.cover(filter)
    #expect(!table.isSettled([other, filter]) && table.isSettled([other]))
    table.recorded([try name(5)])
    #expect(table.isSettled([other, filter]))
    table.uncover(filter)
    #expect(table.isSettled([filter]))
  }

  @Test func `a filter that is not served any more is not covered`() throws {
    table.cover(filter)
    table.recorded([try name(5)])
    table.uncover(filter)
    #expect(!table.isCovered(filter) && !table.covers(filter, after: 100))
    table.recorded([try name(5)])
    #expect(!table.isCovered(filter) && !table.covers(filter, after: 100))
  }

  @Test func `an answer from before a time without the filter does not count`() throws {
    table.cover(filter)
    table.uncover(filter)
    table.cover(filter)
    table.recorded([try name(5)])
    #expect(!table.covers(filter, after: 100))
    table.recorded([try name(9)])
    #expect(!table.covers(filter, after: 8) && table.covers(filter, after: 9))
  }

  @Test func `what earlier processes noted counts at once and stays`() throws {
    table.restore([
      try name(7), RecordedName(name: "77 a/#", since: 1),
      RecordedName(name: "covered #b", since: 1),
    ])
    #expect(table.isCovered(filter) && table.covers(filter, after: 7))
    #expect(!table.covers(filter, after: 6))
    table.cover(filter)
    #expect(table.covers(filter, after: 7))
    table.recorded([try name(7)])
    #expect(table.covers(filter, after: 7) && !table.covers(filter, after: 6))
  }

  @Test func `a wider filter covers narrower ones`() throws {
    table.cover(filter)
    table.recorded([try name(5)])
    #expect(table.covers(try TopicFilter("a/b/+"), after: 5))
    #expect(!table.covers(try TopicFilter("a/b/+"), after: 4))
    #expect(!table.covers(try TopicFilter("+/b"), after: 5))
    #expect(!table.isCovered(try TopicFilter("a/b")))
    // That it is not covered itself yet takes nothing away.
    table.cover(try TopicFilter("a/b"))
    #expect(table.covers(try TopicFilter("a/b"), after: 5))
  }

  @Test func `a shared subscription covers itself only`() throws {
    let shared = try TopicFilter("$share/g/a/#")
    table.cover(shared)
    table.recorded([try name(5, "$share/g/a/#")])
    #expect(table.covers(shared, after: 5))
    #expect(!table.covers(filter, after: 5))
    #expect(!table.covers(try TopicFilter("$share/h/a/#"), after: 5))
    table.cover(filter)
    table.recorded([try name(5)])
    #expect(!table.covers(try TopicFilter("$share/h/a/#"), after: 5))
  }

  @Test(arguments: ["a", "a b", "#", "$share/g/ä/+"])
  func `a name tells its filter`(text: String) throws {
    let filter = try TopicFilter(text)
    #expect(CoverageTable.filter(CoverageTable.name(filter)) == filter)
  }

  @Test(arguments: ["", "covered", "covered ", "Covered a", "7 a", "covered a#"])
  func `another name tells none`(name: String) {
    #expect(CoverageTable.filter(name) == nil)
  }
}
