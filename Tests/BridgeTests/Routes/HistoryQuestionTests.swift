import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct HistoryQuestionTests {
  private static let now: Int64 = 1_790_071_872_345

  private static func read(_ query: String) throws(Problem) -> HistoryQuestion {
    try HistoryQuestion(Query(raw: query.utf8), at: now)
  }

  private static func refusal(_ query: String) -> ProblemCode? {
    do throws(Problem) {
      _ = try read(query)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `a filter is enough for the whole log`() throws {
    let question = try Self.read("topic=a/%23&filter=b")
    #expect(question.filters.map(\.text) == ["a/#", "b"])
    #expect(question.start == .earliest && question.until == nil && question.limit == 100)
    #expect(question.encoding == .auto)
  }

  @Test(arguments: [
    ("since=", StreamStart.earliest), ("since=all", .earliest), ("since=none", .live),
    ("since=10m", .since(now - 600_000)),
    ("since=k3f9x-7-z", .after(EventID(epoch: "k3f9x", sequence: 7, time: 35))),
    ("cursor=k3f9x-7-z", .after(EventID(epoch: "k3f9x", sequence: 7, time: 35))),
    ("since=10m&cursor=k3f9x-7-z", .after(EventID(epoch: "k3f9x", sequence: 7, time: 35))),
  ])
  func `a page begins where the request says`(query: String, start: StreamStart) throws {
    #expect(try Self.read("topic=a&" + query).start == start)
  }

  @Test func `a page has its bounds`() throws {
    let question = try Self.read("topic=a&until=1h&limit=1000&encoding=base64")
    #expect(question.until == Self.now - 3_600_000)
    #expect(question.limit == 1000 && question.encoding == .base64)
    #expect(try Self.read("topic=a&limit=1").limit == 1)
  }

  @Test(arguments: [
    ("", ProblemCode.missingTopic), ("topic=a&limit=0", .badParameter),
    ("topic=a&limit=1001", .badParameter), ("topic=a&limit=", .badParameter),
    ("topic=a&until=", .badParameter), ("topic=a&until=all", .badParameter),
    ("topic=a&since=x", .badParameter), ("topic=a&cursor=", .badEventID),
    ("topic=a&cursor=earliest", .badEventID), ("topic=a&cursor=7", .badEventID),
    ("topic=a&rewind=5", .unknownParameter), ("topic=a&last_event_id=x", .unknownParameter),
    ("topic=a&qos=1", .unknownParameter), ("topic=a&limit=1&limit=2", .badParameter),
  ])
  func `what cannot be meant is refused`(query: String, code: ProblemCode) {
    #expect(Self.refusal(query) == code)
  }
}
