import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct RetainedPageTests {
  private func value(_ topic: String, _ payload: String = "x") -> TopicValue {
    TopicValue(
      Publish(topic: topic, payload: Array(payload.utf8)[...], qos: .atMostOnce, isRetained: true),
      source: .broker)
  }

  private func question(_ query: String) throws(Problem) -> RetainedQuestion {
    try RetainedQuestion(RequestHead(method: "GET", target: "/retained" + query))
  }

  @Test func `values stand in the order of SQLite, however they come`() {
    let topics = ["b", "a/b", "\u{FF61}", "a", "\u{1F600}", "a b"]
    for start in topics.indices {
      var page = RetainedPage(limit: 10, cursor: nil)
      for topic in topics[start...] + topics[..<start] { page.add(value(topic)) }
      page.add(value("b", "again"))
      #expect(
        page.values.map(\.publish.topic) == ["a", "a b", "a/b", "b", "\u{FF61}", "\u{1F600}"])
      #expect(!page.isCut)
    }
  }

  @Test func `a page keeps the first ones behind its cursor`() throws {
    var page = RetainedPage(limit: 2, cursor: "b")
    for topic in ["e", "a", "d", "b", "c"] { page.add(value(topic)) }
    #expect(page.values.map(\.publish.topic) == ["c", "d"] && page.isCut && page.isFull)
    let response = page.answer(try question("?limit=2"), .broker)
    #expect(response.headers["Bridge-Source"] == "broker")
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == #"{"messages":[{"topic":"c","payload":"x","qos":0,"retain":true},"#
        + #"{"topic":"d","payload":"x","qos":0,"retain":true}],"next":"d"}"#)
  }

  @Test func `a page has so many bytes, and at least one value`() {
    var page = RetainedPage(limit: 10, cursor: nil)
    let large = String(repeating: "x", count: 3 << 20)
    page.add(value("b", large))
    page.add(value("a", large))
    #expect(page.values.map(\.publish.topic) == ["a"] && page.isCut)
    var alone = RetainedPage(limit: 10, cursor: nil)
    alone.add(value("a", large + large))
    #expect(alone.values.count == 1 && !alone.isCut)
  }

  @Test(arguments: [
    ("", "#", ""), ("?filter=a/b/%23", "a/b/#", "a/b"), ("?topic=a/+/c", "a/+/c", "a"),
    ("?filter=a/b", "a/b", "a/b"), ("?filter=/%23&x_a=1", "/#", ""),
  ])
  func `a filter and what its topics begin with`(query: String, filter: String, prefix: String)
    throws
  {
    let question = try question(query)
    #expect(question.filter.text == filter && question.prefix == prefix)
    #expect(question.limit == 100 && question.cursor == nil)
  }

  @Test(arguments: [
    ("?filter=a/%23/b", ProblemCode.filterInvalid), ("?filter=$share/g/a", .filterInvalid),
    ("?limit=0", .badParameter), ("?limit=1001", .badParameter), ("?cursor=a/%2B", .badParameter),
    ("?filter=a&topic=b", .badParameter), ("?qos=1", .unknownParameter),
    ("?encoding=hex", .badParameter),
  ])
  func `questions that make no sense are refused`(query: String, code: ProblemCode) {
    do throws(Problem) {
      _ = try question(query)
      Issue.record("nothing was refused")
    } catch {
      #expect(error.code == code)
    }
  }
}
