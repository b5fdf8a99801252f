import TestSupport
import Testing

@testable import Access

/// Rates of messages, and how many streams are open.
@Suite struct RateTests {
  private func limit(_ text: String, burst: Int? = nil) throws -> RateTable.Limit {
    RateTable.Limit(try #require(Rate(text)), burst: burst)
  }

  @Test func `a burst goes at once, and the rest with time`() throws {
    let limit = try limit("10/s", burst: 20)
    var table = RateTable()
    for _ in 0..<20 { #expect(table.take(for: "a", limit, at: .zero).isAllowed) }
    let refused = table.take(for: "a", limit, at: .zero)
    #expect(!refused.isAllowed)
    #expect(refused.retryAfter == 1)
    #expect(refused.refusal?.code == .rateLimited)
    #expect(table.take(for: "b", limit, at: .zero).isAllowed)
    #expect(!table.take(for: "a", limit, at: .milliseconds(99)).isAllowed)
    #expect(table.take(for: "a", limit, at: .milliseconds(100)).isAllowed)
    #expect(!table.take(for: "a", limit, at: .milliseconds(100)).isAllowed)
  }

  @Test func `the headers tell the quota, the window and what is left`() throws {
    let limit = try limit("100/s", burst: 200)
    var table = RateTable()
    let answer = table.take(50, for: "a", limit, at: .zero)
    #expect(answer.policy == #""publish";q=200;w=2"#)
    #expect(answer.state == #""publish";r=150;t=1"#)
    #expect(table.take(0, for: "a", limit, at: .seconds(9)).state == #""publish";r=200;t=0"#)
    let hourly = try self.limit("60/h", burst: 60)
    _ = table.take(60, for: "h", hourly, at: .zero)
    #expect(table.take(2, for: "h", hourly, at: .zero).retryAfter == 120)
  }

  @Test func `a request that is larger than the burst is never allowed, and takes nothing`() throws
  {
    let limit = try limit("1/s", burst: 5)
    var table = RateTable()
    #expect(!table.take(6, for: "a", limit, at: .zero).isAllowed)
    #expect(table.take(5, for: "a", limit, at: .zero).isAllowed)
  }

  @Test func `a clock that goes back gives nothing`() throws {
    let limit = try limit("1/s", burst: 1)
    var table = RateTable()
    #expect(table.take(for: "a", limit, at: .seconds(100)).isAllowed)
    #expect(!table.take(for: "a", limit, at: .seconds(50)).isAllowed)
    #expect(!table.take(for: "a", limit, at: .milliseconds(100_900)).isAllowed)
  }

  @Test func `the table is bounded`() throws {
    let limit = try limit("1/s", burst: 2)
    var table = RateTable(accountsMaximum: 3)
    for name in ["a", "b", "c"] { _ = table.take(2, for: name, limit, at: .zero) }
    // Nobody can be forgotten: the new ones share a bucket.
    #expect(table.take(2, for: "d", limit, at: .zero).isAllowed)
    #expect(!table.take(for: "e", limit, at: .zero).isAllowed)
    #expect(!table.take(for: "a", limit, at: .zero).isAllowed)
    #expect(table.count <= 4)
    #expect(table.take(for: "e", limit, at: .seconds(2)).isAllowed)
    #expect(table.count == 1)
  }

  @Test(arguments: [
    "", "5", "/s", "5/", "5/x", "0/s", "-1/s", "+1/s", "1.5/s", " 1/s", "1/s/s", "1e3/s",
  ])
  func `what is no rate is refused`(text: String) { #expect(Rate(text) == nil) }

  @Test func `streams are counted three ways`() throws {
    var limits = StreamCounts.Limits()
    (limits.total, limits.perAccount, limits.perAddress) = (5, 3, 2)
    var counts = StreamCounts(limits)
    let one = IPAddress("2001:470::1")
    let same = IPAddress("2001:470::2")
    #expect(counts.opened("a", one) == nil)
    #expect(counts.opened("b", same) == nil)
    #expect(
      counts.opened("c", one)?.detail
        == "2 streams are open for this client address, which is the limit")
    #expect(counts.opened("a", nil) == nil)
    #expect(counts.opened("a", nil) == nil)
    #expect(counts.opened("a", nil)?.detail.contains("for this caller") == true)
    #expect(counts.opened("d", nil, maximum: 0)?.code == .tooManyConnections)
    #expect(counts.opened("c", nil) == nil)
    #expect(counts.opened("d", nil)?.detail.contains("in all") == true)
    counts.closed("b", same)
    #expect(counts.opened("d", one) == nil)
  }

  @Test func `random openings and closings leave nothing behind`() {
    var generator = SeededGenerator(for: "RateTests")
    var limits = StreamCounts.Limits()
    (limits.total, limits.perAccount, limits.perAddress) = (20, 5, 7)
    var counts = StreamCounts(limits)
    var open: [(String, IPAddress?)] = []
    for _ in 0..<2000 {
      if generator.chance(0.55) {
        let account = "a\(Int.random(in: 0..<6, using: &generator))"
        let address = IPAddress("10.0.0.\(Int.random(in: 0..<5, using: &generator))")
        let mayOpen =
          open.count < 20 && open.count { $0.0 == account } < 5
          && open.count { $0.1 == address } < 7
        #expect((counts.opened(account, address) == nil) == mayOpen)
        if mayOpen { open.append((account, address)) }
      } else if !open.isEmpty {
        let (account, address) = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
        counts.closed(account, address)
      }
      #expect(counts.open == open.count)
    }
  }
}
