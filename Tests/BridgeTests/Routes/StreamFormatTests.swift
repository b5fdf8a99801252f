import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct StreamFormatTests {
  private func format(_ query: String, accept: String? = nil) throws(Problem) -> StreamFormat {
    let headers: HeaderFields = accept.map { ["Accept": $0] } ?? [:]
    return try StreamParameters(Query(raw: ("topic=a&" + query).utf8), topicsMaximum: 4)
      .format(headers)
  }

  private func refusal(_ query: String, accept: String? = nil) -> ProblemCode? {
    do throws(Problem) {
      _ = try format(query, accept: accept)
      return nil
    } catch {
      return error.code
    }
  }

  @Test(arguments: [
    ("", String?.none, StreamFormat.sse), ("", "*/*", .sse), ("", "text/*", .sse),
    ("", "application/x-ndjson", .ndjson), ("", "application/json", .json),
    ("", "application/*", .ndjson), ("", "application/json;q=0.5, text/event-stream;q=0.6", .sse),
    ("format=ndjson", "text/event-stream", .ndjson), ("format=json", "text/html", .json),
    ("format=sse", "application/json", .sse), ("poll=1", nil, .json),
    ("poll=1", "text/event-stream", .json), ("poll=true&format=json", nil, .json),
    ("poll=0", "application/json, application/x-ndjson;q=0.1", .ndjson),
    ("poll=1&limit=5&wait=60", nil, .json), ("poll=0&format=sse", nil, .sse),
    ("format=ndjson&heartbeat=5&heartbeat_style=event", nil, .ndjson),
    ("poll=1&policy=conflate&event=topic", nil, .json),
    ("envelope=none&event=topic", nil, .sse),
  ])
  func `the fields choose the format, else the headers`(
    query: String, accept: String?, expected: StreamFormat
  ) throws {
    #expect(try format(query, accept: accept) == expected)
  }

  @Test(arguments: [
    ("", String?("text/html"), ProblemCode.notAcceptable),
    ("poll=0", "application/json", .notAcceptable),
    ("poll=1&format=sse", nil, .badParameter), ("poll=0&format=json", nil, .badParameter),
    ("limit=5", nil, .badParameter), ("wait=5", nil, .badParameter),
    ("format=ndjson&limit=5", nil, .badParameter), ("heartbeat_style=event", nil, .badParameter),
    ("poll=1&heartbeat=5", nil, .badParameter), ("poll=1&max_rate=5", nil, .badParameter),
    ("poll=1&heartbeat_style=line", nil, .badParameter),
    ("poll=1&policy=disconnect", nil, .badParameter),
    ("poll=1&policy=drop_oldest", nil, .badParameter),
    ("poll=1&envelope=none&event=topic", nil, .badParameter),
    ("format=ndjson&envelope=none&event=x", nil, .badParameter),
  ])
  func `what does not go with a format is refused`(
    query: String, accept: String?, code: ProblemCode
  ) {
    #expect(refusal(query, accept: accept) == code)
  }

  @Test(arguments: [
    ("poll=1", String?.none, 100, 25, String?.none),
    ("poll=1&limit=1000&wait=0", "wait=9", 1000, 0, nil),
    ("poll=1", "wait=7", 100, 7, "wait=7"), ("poll=1", "wait=100", 100, 60, "wait=60"),
  ])
  func `how much a poll takes, and how long it waits`(
    query: String, prefer: String?, limit: Int, wait: Int, applied: String?
  ) throws {
    let parameters = try StreamParameters(
      Query(raw: ("topic=a&" + query).utf8), topicsMaximum: 4)
    let terms = try PollTerms(parameters, prefer.map { ["Prefer": $0] } ?? [:])
    #expect(terms.limit == limit && terms.wait == .seconds(wait))
    #expect(terms.preferenceApplied == applied)
  }

  @Test(arguments: [
    "poll=1&wait=61", "poll=1&wait=-1", "poll=2", "format=xml", "heartbeat_style=x",
  ])
  func `values that cannot be meant are refused`(query: String) {
    #expect(refusal(query) == .badParameter)
  }

  @Test(arguments: ["0", "1001", "x"])
  func `a poll takes one to a thousand messages`(limit: String) throws {
    let parameters = try StreamParameters(
      Query(raw: "topic=a&poll=1&limit=\(limit)".utf8), topicsMaximum: 4)
    #expect(throws: Problem.self) { try PollTerms(parameters, [:]) }
  }
}
