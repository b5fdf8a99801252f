import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct StreamParametersTests {
  private func read(_ query: String, topicsMaximum: Int = 4) throws(Problem) -> StreamParameters {
    try StreamParameters(Query(raw: query.utf8), topicsMaximum: topicsMaximum)
  }

  private func refusal(_ query: String) -> ProblemCode? {
    do throws(Problem) {
      _ = try read(query)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `a filter is enough`() throws {
    let parameters = try read("topic=a/b")
    #expect(parameters.filters.map(\.text) == ["a/b"])
    #expect(parameters.maximumQoS == .atLeastOnce)
    #expect(parameters.retained == .send)
    #expect(parameters.representation == Representation())
    #expect(parameters.heartbeat == nil)
  }

  @Test(arguments: [
    ("topic=a/%23", ["a/#"]), ("filter=a/+/b", ["a/+/b"]), ("topic=+", ["+"]),
    ("topic=a+b/+", ["a b/+"]), ("topic=a%2F%2B", ["a/+"]), ("topic=$share/g/a", ["$share/g/a"]),
    ("topic=b&filter=a&topic=b", ["b", "a"]), ("topic=a/*/**&match=glob", ["a/+/#"]),
    ("match=glob&topic=*", ["+"]), ("topic=*&match=mqtt", ["*"]), ("topic=a&x_y=1&x_y=2", ["a"]),
    ("topic=a&topic=a&topic=a&topic=a&topic=a", ["a"]), ("topic=/", ["/"]),
  ])
  func `filters in all their spellings`(query: String, filters: [String]) throws {
    #expect(try read(query).filters.map(\.text) == filters)
  }

  @Test(arguments: [
    ("qos=0", StreamParameters.Retained.send, QoS.atMostOnce, nil),
    ("qos=2&retained=new", .new, .exactlyOnce, nil), ("retained=send", .send, .atLeastOnce, nil),
    ("retained=ignore&heartbeat=5", .ignore, .atLeastOnce, 5),
    ("heartbeat=55&format=sse", .send, .atLeastOnce, 55),
  ])
  func `how a stream subscribes`(
    query: String, retained: StreamParameters.Retained, qos: QoS, heartbeat: Int?
  ) throws {
    let parameters = try read("topic=a&" + query)
    #expect(parameters.retained == retained)
    #expect(parameters.maximumQoS == qos)
    #expect(parameters.heartbeat == heartbeat)
  }

  @Test(arguments: [
    ("envelope=json&encoding=auto&event=message", Representation()),
    ("envelope=none", Representation(envelope: .none)),
    ("encoding=base64", Representation(encoding: .base64)),
    ("encoding=text&event=topic", Representation(encoding: .text, event: .topic)),
    ("event=my+event", Representation(event: .fixed("my event"))),
  ])
  func `how a stream is written`(query: String, representation: Representation) throws {
    #expect(try read("topic=a&" + query).representation == representation)
  }

  @Test(arguments: [
    ("", ProblemCode.missingTopic), ("qos=1", .missingTopic), ("topic=", .filterInvalid),
    ("topic=a/%23/b", .filterInvalid), ("topic=a%23", .filterInvalid),
    ("topic=%2Ba", .filterInvalid),
    ("topic=$share/g", .filterInvalid),
    ("topic=a&topic=b&topic=c&topic=d&topic=e", .tooManySubscriptions),
    ("topic=a&qos=3", .badParameter), ("topic=a&qos=1&qos=1", .badParameter),
    ("topic=a&retained=maybe", .badParameter), ("topic=a&envelope=xml", .badParameter),
    ("topic=a&encoding=hex", .badParameter), ("topic=a&format=xml", .badParameter),
    ("topic=a&match=regex", .badParameter), ("topic=a&heartbeat=4", .badParameter),
    ("topic=a&heartbeat=56", .badParameter), ("topic=a&heartbeat=x", .badParameter),
    ("topic=a&event=", .badParameter), ("topic=a&event=bridge.open", .badParameter),
    ("topic=a&event=a%0Ab", .badParameter), ("topic=a&event=a%0Db", .badParameter),
    ("topic=%FF", .badParameter), ("topic=a%00", .badParameter), ("%00=a", .badParameter),
    ("topic=a&until=1h", .unknownParameter), ("topic=a&Qos=1", .unknownParameter),
    ("topic=a&policy=none", .badParameter), ("topic=a&rewind=-1", .badParameter),
    ("topic=a&max_rate=5&policy=disconnect", .badParameter),
    ("topic=a&subscription=b", .badParameter), ("subscription=b&qos=1", .badParameter),
  ])
  func `what cannot be meant is refused`(query: String, code: ProblemCode) {
    #expect(refusal(query) == code)
  }

  @Test func `an event name has at most 64 bytes`() {
    let name = String(repeating: "n", count: 64)
    #expect(refusal("topic=a&event=" + name) == nil)
    #expect(refusal("topic=a&event=n" + name) == .badParameter)
  }
}
