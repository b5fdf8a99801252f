import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

/// Which headers are a trace, and where they go.
@Suite struct TraceContextTests {
  static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  @Test func `a well-formed trace becomes user properties, with its state`() throws {
    let headers: HeaderFields = ["traceparent": Self.parent, "tracestate": "a=1,b=2"]
    let trace = try #require(TraceContext(headers))
    #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
    var properties = [UserProperty("unit", "C")]
    trace.add(to: &properties)
    let expected = [
      UserProperty("unit", "C"), UserProperty("traceparent", Self.parent),
      UserProperty("tracestate", "a=1,b=2"),
    ]
    #expect(properties == expected)
  }

  @Test func `a message that has a trace of its own keeps it`() throws {
    let trace = try #require(TraceContext(["traceparent": Self.parent]))
    var properties = [UserProperty("traceparent", "own")]
    trace.add(to: &properties)
    #expect(properties == [UserProperty("traceparent", "own")])
  }

  @Test(arguments: [
    "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
  ])
  func `anything else is no trace`(text: String) {
    #expect(TraceContext(["traceparent": text]) == nil)
  }

  @Test func `two parents are none, and a state that is too long is left out`() throws {
    var twice: HeaderFields = ["traceparent": Self.parent]
    twice.append("traceparent", Self.parent)
    #expect(TraceContext(twice) == nil)
    let state = String(repeating: "x", count: 513)
    let trace = try #require(TraceContext(["traceparent": Self.parent, "tracestate": state]))
    #expect(trace.state == nil)
  }

  @Test func `a later version may have more parts`() {
    #expect(TraceContext(["traceparent": "01" + Self.parent.dropFirst(2) + "-more"]) != nil)
  }
}
