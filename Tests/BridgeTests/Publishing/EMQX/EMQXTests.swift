import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct EMQXTests {
  private func read(_ body: String, isBulk: Bool = false) throws(Problem) -> [PublishDraft] {
    let request = Request.publish("/api/v5/publish", [:], Array(body.utf8))
    var drafts: [PublishDraft] = []
    for item in try EMQXEnvelope.batch(request, isBulk: isBulk).items {
      drafts.append(try item.get())
    }
    return drafts
  }

  @Test func `a message has the defaults of EMQX`() throws {
    let draft = try read(#"{"topic":"a","payload":"x","clientid":"c"}"#)[0]
    #expect(draft.topic == "a" && draft.payload == [0x78])
    #expect(draft.qos == .atMostOnce && draft.retain == nil)
    #expect(draft.properties == Publish.Properties())
  }

  @Test func `every field of EMQX is read as EMQX reads it`() throws {
    let draft = try read(
      #"""
      {"topic":"a","payload":"AAE=","payload_encoding":"base64","qos":2,"retain":true,"properties":
      {"payload_format_indicator":0,"message_expiry_interval":9,"response_topic":"r",
      "correlation_data":"plain","user_properties":{"a":"1","b":["2","3"]},"content_type":"x/y"}}
      """#)[0]
    #expect(draft.payload == [0, 1] && draft.qos == .exactlyOnce && draft.retain == true)
    let properties = draft.properties
    #expect(properties.payloadIsUTF8 == false && properties.messageExpiryInterval == 9)
    #expect(properties.responseTopic == "r" && properties.contentType == "x/y")
    #expect(properties.correlationData.map { Array($0) } == Array("plain".utf8))
    #expect(
      properties.userProperties
        == [UserProperty("a", "1"), UserProperty("b", "2"), UserProperty("b", "3")])
  }

  private static let refused: [(body: String, status: Int, answer: String)] = [
    (#"{"payload":"x"}"#, 400, #"{"code":"BAD_REQUEST","message":"topic is required"}"#),
    (#"{"topic":"a"}"#, 400, #"{"code":"BAD_REQUEST","message":"payload is required"}"#),
    (
      #"{"topic":"a","payload":1}"#, 400,
      #"{"code":"BAD_REQUEST","message":"payload must be a string"}"#
    ),
    (
      #"{"topic":"a","payload":"","ack":"stored"}"#, 400,
      #"{"code":"BAD_REQUEST","message":"unknown_fields: ack"}"#
    ),
    (
      #"{"topic":"a","payload":"*","payload_encoding":"base64"}"#, 400,
      #"{"reason_code":131,"message":"decode_base64_payload_failed"}"#
    ),
    (
      #"{"topic":"a","payload":"","properties":{"response_topic":false}}"#, 400,
      #"{"code":"BAD_REQUEST","message":"response_topic must be a string"}"#
    ),
    (
      #"{"topic":"a","payload":"","properties":{"qos":1}}"#, 400,
      #"{"code":"BAD_REQUEST","message":"unknown_fields: qos"}"#
    ),
  ]

  @Test(arguments: refused)
  func `errors look as those of EMQX`(body: String, status: Int, answer: String) {
    do throws(Problem) {
      _ = try read(body)
      Issue.record("nothing was refused")
    } catch {
      let response = EMQXForm.response(error)
      #expect(response.status == status)
      #expect(String(decoding: response.body, as: UTF8.self) == answer)
    }
  }

  @Test func `an empty batch is refused, and one bad message refuses all`() {
    #expect(throws: Problem.self) { try read("[]", isBulk: true) }
    #expect(throws: Problem.self) {
      try read(#"[{"topic":"a","payload":""},{"topic":"b"}]"#, isBulk: true)
    }
  }

  private func result(_ answer: Publishing.Answer) -> BatchResult {
    BatchResult(
      result: PublishResponse.result(.sample(MessageID(high: 1, low: 1)), answer))
  }

  @Test func `outcomes look as those of EMQX`() {
    let acked = result(.finished(MessageOutcome(state: .acked), storedAt: 1))
    let alone = result(
      .finished(MessageOutcome(state: .acked, reasonCode: .noMatchingSubscribers), storedAt: 1))
    let queued = result(.pending(.queued, storedAt: 1))
    let rejected = result(
      .finished(MessageOutcome(state: .rejected, reasonCode: .quotaExceeded), storedAt: 1))
    func text(_ results: BatchResult..., isBulk: Bool = false) -> String {
      let response = EMQXForm(isBulk: isBulk).response(results)
      return "\(response.status) \(String(decoding: response.body, as: UTF8.self))"
    }
    let id = #"{"id":"00000000-0000-0001-0000-000000000001"}"#
    #expect(text(acked) == "200 " + id)
    #expect(text(alone) == #"202 {"reason_code":16,"message":"no_matching_subscribers"}"#)
    #expect(
      text(queued).hasPrefix(#"202 {"id":"#) && text(queued).hasSuffix(#""message":"queued"}"#))
    #expect(text(rejected).hasPrefix(#"503 {"reason_code":151,"message":""#))
    #expect(
      text(result(.refused(.brokerUnavailable)))
        == #"503 {"reason_code":131,"message":"broker-unavailable"}"#)
    #expect(text(acked, acked, isBulk: true) == "200 [\(id),\(id)]")
    #expect(text(acked, alone, isBulk: true).hasPrefix("202 [\(id),{"))
    #expect(text(rejected, acked, isBulk: true).hasPrefix("503 ["))
  }
}
