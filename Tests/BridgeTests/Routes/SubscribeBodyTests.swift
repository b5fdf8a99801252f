import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct SubscribeBodyTests {
  private func read(
    _ body: String, type: String? = "application/json"
  ) throws(Problem) -> StreamParameters {
    let headers: HeaderFields = type.map { ["Content-Type": $0] } ?? [:]
    let head = RequestHead(method: "QUERY", target: "/subscribe", headers: headers)
    let request = Request(
      head: head, body: Array(body.utf8), id: RequestID(shard: 0, serial: 1), arrivedAt: .zero)
    return try StreamParameters(SubscribeBody.fields(request), topicsMaximum: 4)
  }

  @Test func `a body says everything that a query can`() throws {
    let parameters = try read(
      #"{"topics":["a b/#",{"topic":"b/+","qos":2},{"filter":"c"}],"qos":0,"poll":true,"#
        + #""since":1790071872,"policy":"conflate","limit":5,"takeover":false,"x_any":{"a":[]}}"#)
    let filters = try ["a b/#", "b/+", "c"].map { try TopicFilter($0) }
    #expect(parameters.filters == filters)
    #expect(parameters.maximumQoS == .atMostOnce)
    #expect(parameters.qosOfFilter == [filters[1]: .exactlyOnce])
    #expect(parameters.start.since == "1790071872")
    #expect(parameters.isPoll == true && parameters.policy == .conflate)
  }

  @Test func `a plus in JSON is a plus, whatever parameters the media type has`() {
    #expect(throws: Problem.self) {
      try read(#"{"topic":"a+b"}"#, type: "application/json; charset=utf-8")
    }
  }

  @Test func `a glob in a body is a glob`() throws {
    let parameters = try read(#"{"topics":["a/*/**"],"match":"glob"}"#)
    #expect(parameters.filters.map(\.text) == ["a/+/#"])
  }

  @Test func `of two wishes for one filter the higher QoS counts`() throws {
    let parameters = try read(#"{"topics":[{"topic":"a","qos":2},{"topic":"a","qos":0},"b"]}"#)
    #expect(parameters.qosOfFilter == [try TopicFilter("a"): .exactlyOnce])
    let request = StreamRequest(
      stream: StreamID(shard: 0, serial: 1), filters: parameters.filters,
      maximumQoS: .atLeastOnce, qosOfFilter: parameters.qosOfFilter, wantsRetained: false,
      representation: Representation())
    #expect(request.filters.map(request.maximumQoS(of:)) == [.exactlyOnce, .atLeastOnce])
  }

  @Test(arguments: [
    ("topic=a/%23&topic=b", ["a/#", "b"]), ("filter=a+b/+", ["a b/+"]),
  ])
  func `a form is read as a query`(body: String, filters: [String]) throws {
    let parameters = try read(body, type: "application/x-www-form-urlencoded")
    #expect(parameters.filters.map(\.text) == filters)
  }

  @Test(arguments: [
    (#"{"topics":"a"}"#, ProblemCode.unknownParameter), (#"{"topics":[1]}"#, .badParameter),
    (#"{"topics":[{"qos":1}]}"#, .missingTopic),
    (#"{"topics":[{"topic":"a","q":1}]}"#, .unknownParameter),
    (#"{"topics":[{"topic":"a","qos":"1"}]}"#, .unknownParameter),
    (#"{"topics":[{"topic":"a","qos":3}]}"#, .badParameter),
    (#"{"topics":[{"topic":"a","filter":"b"}]}"#, .badParameter),
    (#"{"topics":[]}"#, .missingTopic), (#"{}"#, .missingTopic),
    (#"{"topic":null}"#, .badParameter),
    (#"{"topic":["a"]}"#, .badParameter), (#"{"topic":"a","until":"1h"}"#, .unknownParameter),
    (#"["a"]"#, .badJSON), ("a", .badJSON), (#"{"topic":"a","topic":"b"}"#, .badJSON),
    (#"{"topic":"a","qos":1,"Qos":1}"#, .unknownParameter),
  ])
  func `what cannot be meant is refused`(body: String, code: ProblemCode) {
    do throws(Problem) {
      _ = try read(body)
      Issue.record("\(body) was taken")
    } catch {
      #expect(error.code == code)
    }
  }

  @Test(arguments: [String?.none, "text/plain", "application/x-ndjson"])
  func `other types are refused, and the right ones named`(type: String?) {
    do throws(Problem) {
      _ = try read("topic=a", type: type)
      Issue.record("it was taken")
    } catch {
      #expect(error.code == .unsupportedMediaType)
      #expect(
        error.headers["Accept-Query"] == "application/json, application/x-www-form-urlencoded")
    }
  }
}
