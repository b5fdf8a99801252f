import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct SocketOperationTests {
  private func operation(_ text: String) throws -> SocketOperation {
    try SocketOperation(Array(text.utf8))
  }

  private func problem(_ text: String) -> (code: ProblemCode, ref: JSONValue?)? {
    do throws(SocketOperation.Invalid) {
      _ = try SocketOperation(Array(text.utf8))
      return nil
    } catch {
      return (error.problem.code, error.ref)
    }
  }

  @Test func `a ref is a whole number or a short string`() throws {
    #expect(try operation(#"{"op":"ping","ref":7}"#).ref == .integer(7))
    #expect(try operation(#"{"op":"ping","ref":"é"}"#).ref == .string("é"))
    #expect(try operation(#"{"op":"ping"}"#).ref == nil)
    let long = String(repeating: "x", count: SocketOperation.refBytesMax + 1)
    for ref in ["1.5", "true", "null", "[]", "{}", "\"\(long)\"", "99999999999999999999"] {
      #expect(problem(#"{"op":"ping","ref":\#(ref)}"#)?.code == .badParameter, "\(ref)")
    }
  }

  @Test func `an error has the ref of what it is about`() throws {
    #expect(problem(#"{"op":"nothing","ref":7}"#)?.ref == .integer(7))
    #expect(problem(#"{"ref":"x","op":4}"#)?.ref == .string("x"))
    #expect(problem("{")?.code == .badJSON)
    #expect(problem(#"{"op":"ping","op":"ping"}"#)?.code == .badJSON)
  }

  @Test func `what belongs to the operation is no part of the message`() throws {
    let text = #"{"op":"publish","ref":1,"wait":3,"topic":"a","payload":{"op": 1.0}}"#
    let publish = try operation(text)
    guard case .publish(let node) = publish.kind else {
      Issue.record("no publish")
      return
    }
    let draft = try PublishParser.parse(node, in: Array(text.utf8))
    #expect(draft.topic == "a")
    #expect(draft.payload == Array(#"{"op": 1.0}"#.utf8))
    #expect(publish.wait == 3)
  }

  @Test func `topics are filters with or without a QoS`() throws {
    let subscribe = try operation(
      #"{"op":"subscribe","topics":["a/#",{"topic":"b","qos":2}],"since":"1h"}"#)
    guard case .subscribe(let fields) = subscribe.kind else {
      Issue.record("no subscribe")
      return
    }
    #expect(fields.map(\.name) == ["topic", "topic", "since"])
    #expect(fields[1].qos == .exactlyOnce)
  }

  @Test func `an answer is the body of HTTP, with the ref and the status before it`() throws {
    let reply = SocketReply(ref: .integer(3))
    let text = String(
      decoding: reply.message(.json(.object([.init("id", .string("x"))]))), as: UTF8.self)
    #expect(text == #"{"op":"result","ref":3,"status":200,"id":"x"}"#)
    let empty = String(decoding: reply.message(.json(.object([]))), as: UTF8.self)
    #expect(empty == #"{"op":"result","ref":3,"status":200}"#)
    let problem = try JSONObject(
      String(
        decoding: reply.message(Problem(.draining, headers: ["Retry-After": "2"])), as: UTF8.self))
    #expect(problem.integer("retry_after") == 2 && problem.integer("status") == 503)
    #expect(problem.object("problem")?.string("code") == "draining")
  }
}
