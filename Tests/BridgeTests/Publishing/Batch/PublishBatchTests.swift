import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct PublishBatchTests {
  private func read(
    _ body: String, _ target: String = "/publish/batch", _ headers: HeaderFields = [:],
    type: String = "application/json"
  ) throws(Problem) -> PublishBatch {
    var headers = headers
    headers.append("Content-Type", type)
    return try PublishBatch.read(.publish(target, headers, Array(body.utf8)))
  }

  private func refusal(
    _ body: String, _ target: String = "/publish/batch", _ headers: HeaderFields = [:],
    type: String = "application/json"
  ) -> ProblemCode? {
    do throws(Problem) {
      _ = try read(body, target, headers, type: type)
      return nil
    } catch {
      return error.code
    }
  }

  private static let forms = [
    ("application/json", #"[{"topic":"a","payload":{"n":1.50}},{"topic":"b","qos":2}]"#, ""),
    (
      "application/json; charset=utf-8",
      #"{"x_note":1,"messages":[{"topic":"a","payload":{"n":1.50}},{"topic":"b","qos":2}]}"#,
      "/messages"
    ),
    (
      "application/x-ndjson",
      "{\"topic\":\"a\",\"payload\":{\"n\":1.50}}\r\n\n{\"topic\":\"b\",\"qos\":2}", ""
    ),
  ]

  @Test(arguments: forms)
  func `the three forms say the same`(type: String, body: String, prefix: String) throws {
    let batch = try read(body, type: type)
    #expect(batch.pointerPrefix == prefix && batch.isAtomic)
    let drafts = try batch.items.map { try $0.get() }
    #expect(drafts.map(\.topic) == ["a", "b"])
    #expect(String(decoding: drafts[0].payload, as: UTF8.self) == #"{"n":1.50}"#)
    #expect(drafts[0].properties.contentType == "application/json")
    #expect(drafts[0].properties.payloadIsUTF8 == true)
    #expect(drafts.map(\.qos) == [nil, .exactlyOnce])
  }

  @Test(arguments: [
    (#"[]"#, ProblemCode.emptyBatch), (#"{"messages":[]}"#, .emptyBatch), (#"{}"#, .badJSON),
    (#"[{"topic":"a"}"#, .badJSON), (#"1"#, .badJSON), (#"{"messages":{}}"#, .badJSON),
    (#"{"messages":[],"qos":1}"#, .unknownParameter),
  ])
  func `what is no batch is refused as a whole`(body: String, code: ProblemCode) {
    #expect(refusal(body) == code)
  }

  @Test func `other types, too many messages and no message are refused`() {
    #expect(refusal("", type: "application/x-ndjson") == .emptyBatch)
    #expect(refusal("\n \n", type: "application/x-ndjson") == .emptyBatch)
    #expect(refusal("[]", type: "text/plain") == .unsupportedMediaType)
    let line = #"{"topic":"a"}"#
    let most = Array(repeating: line, count: 1000)
    #expect(refusal(most.joined(separator: "\n"), type: "application/x-ndjson") == nil)
    #expect(
      refusal((most + [line]).joined(separator: "\n"), type: "application/x-ndjson")
        == .batchTooLarge)
    #expect(refusal("[" + (most + [line]).joined(separator: ",") + "]") == .batchTooLarge)
  }

  @Test(arguments: [
    ("?qos=1", ProblemCode.unknownParameter), ("?atomic=maybe", .badParameter),
    ("?atomic=true&atomic=true", .badParameter), ("?wait=-1", .badParameter),
    ("?ack=never", .badParameter), ("?ack=%ZZ", .badParameter),
  ])
  func `the query has what concerns all messages`(query: String, code: ProblemCode) {
    #expect(refusal(#"[{"topic":"a"}]"#, "/publish/batch" + query) == code)
  }

  @Test func `headers about one message are refused`() {
    #expect(refusal(#"[{"topic":"a"}]"#, "/publish/batch", ["Mqtt-Qos": "1"]) == .badHeader)
    #expect(
      refusal(#"[{"topic":"a"}]"#, "/publish/batch", ["bridge-expires-in": "1"]) == .badHeader)
  }

  @Test func `the query counts for messages that say nothing themselves`() throws {
    let batch = try read(
      #"[{"topic":"a"},{"topic":"b","ack":"broker"}]"#, "/publish/batch?ack=stored&wait=7&atomic=0")
    #expect(try batch.items.map { try $0.get().acknowledgement } == [.stored, .broker])
    #expect(batch.wait == .seconds(7) && !batch.isAtomic)
  }

  private static let places = [
    (#"{"topic":"a","qos":3}"#, "/qos"),
    (#"{"topic":"a","properties":{"qos":1}}"#, "/properties/qos"),
    (
      #"{"topic":"a","properties":{"message_expiry_interval":-1}}"#,
      "/properties/message_expiry_interval"
    ),
    (#"{"topic":"a","user_properties":{"a":1}}"#, "/user_properties"),
    (#"{"topic":"a","payload":"x","payload_encoding":"base64"}"#, "/payload"),
    (#"{"topic":"a","a/b~":1}"#, "/a~1b~0"), (#"{"topic":"a","properties":1}"#, "/properties"),
  ]

  @Test(arguments: places)
  func `an error has the place in its message`(message: String, pointer: String) throws {
    for type in ["application/json", "application/x-ndjson"] {
      let body =
        type == "application/json"
        ? "[{\"topic\":\"t\"},\(message)]" : "{\"topic\":\"t\"}\n\(message)"
      let batch = try read(body, type: type)
      guard case .failure(let problem) = batch.items[1] else {
        Issue.record("nothing was refused")
        return
      }
      #expect(problem.pointer == pointer)
    }
  }

  @Test func `a line that is no JSON is one bad message`() throws {
    let batch = try read(
      "{\"topic\":\"a\"}\n\n{\"topic\":\n{\"topic\":\"c\"}", type: "application/x-ndjson")
    #expect(batch.items.count == 3)
    guard case .failure(let problem) = batch.items[1] else {
      Issue.record("nothing was refused")
      return
    }
    #expect(problem.code == .badJSON)
    #expect(problem.members.contains(.init("line", .integer(3))))
  }

  @Test func `a key of the batch gives every message its own, bound to all others`() throws {
    func keys(_ body: String, _ key: String = "k") throws -> [IdempotencyKey] {
      try read(body, "/publish/batch", ["Idempotency-Key": key]).items.map { item in
        let draft = try item.get()
        return try IdempotencyKey(#require(draft.idempotencyKey), subject: "", draft)
      }
    }
    let first = try keys(#"[{"topic":"a"},{"topic":"b"}]"#)
    #expect(first[0].name != first[1].name)
    #expect(try keys(#" [ {"topic":"a"}, {"topic":"b","x_n":1} ]"#) == first)
    for other in [#"[{"topic":"a"},{"topic":"c"}]"#, #"[{"topic":"a"}]"#] {
      let changed = try keys(other)
      #expect(changed[0].name == first[0].name)
      #expect(changed[0].fingerprint != first[0].fingerprint)
    }
    #expect(try keys(#"[{"topic":"a"},{"topic":"b"}]"#, "l")[0].name != first[0].name)
  }

  @Test func `a message with a key of its own does not go with one of the batch`() throws {
    let batch = try read(
      #"[{"topic":"a"},{"topic":"b","idempotency_key":"x"}]"#, "/publish/batch",
      ["Idempotency-Key": "k"])
    guard case .failure(let problem) = batch.items[1] else {
      Issue.record("nothing was refused")
      return
    }
    #expect(problem.code == .badParameter && problem.pointer == "/idempotency_key")
  }
}
