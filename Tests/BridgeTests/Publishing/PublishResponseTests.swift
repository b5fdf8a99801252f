import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct PublishResponseTests {
  private let id = MessageID(high: 1, low: 1)

  private func text(_ response: Response) -> String {
    String(decoding: response.body, as: UTF8.self)
  }

  private func finished(_ outcome: MessageOutcome, _ headers: HeaderFields = [:]) -> Response {
    PublishResponse.make(.sample(headers: headers), .finished(outcome, storedAt: 1_790_071_872_345))
  }

  @Test func `an acknowledged publish is 200 with what the broker said`() {
    let response = finished(MessageOutcome(state: .acked, reasonString: "fine"))
    #expect(response.status == 200)
    #expect(
      text(response).hasPrefix(
        #"{"id":"\#(id)","topic":"a/b","qos":1,"retain":false,"state":"acked","reason_code":0,"#
          + #""reason":"fine","matching_subscribers":true,"stored_at":"2026-09-22T10:11:12.345Z","#
          + #""acked_at":""#))
    #expect(text(response).hasSuffix(#","delivery":"exact"}"#))
    #expect(response.headers["Content-Type"] == "application/json")
    #expect(response.headers["Location"] == "/messages/\(id)")
    #expect(response.headers["Bridge-Message-Id"] == id.description)
    #expect(!response.headers.contains("Preference-Applied"))
  }

  @Test func `nobody subscribed is no error`() {
    let response = finished(MessageOutcome(state: .acked, reasonCode: .noMatchingSubscribers))
    #expect(response.status == 200)
    #expect(text(response).contains(#""reason_code":16,"matching_subscribers":false"#))
  }

  @Test func `an uncertain delivery says so`() {
    let response = finished(MessageOutcome(state: .acked, isUncertain: true))
    #expect(text(response).contains(#""delivery":"uncertain""#))
  }

  @Test func `what goes on is 202 with where to look`() {
    let receipt = PublishReceipt.sample(preferenceApplied: "wait=1", basePath: "/mqtt")
    let response = PublishResponse.make(receipt, .pending(.sent, storedAt: 0))
    #expect(response.status == 202)
    #expect(text(response).contains(#""state":"sent","stored_at":"1970-01-01T00:00:00.000Z","#))
    #expect(!text(response).contains("reason_code"))
    #expect(!text(response).contains("acked_at"))
    #expect(response.headers["Location"] == "/mqtt/messages/\(id)")
    #expect(response.headers["Preference-Applied"] == "wait=1")
  }

  @Test func `a replay says so, names the original and tells when that ended`() {
    var receipt = PublishReceipt.sample(MessageID(high: 1, low: 2))
    receipt.isReplay = true
    receipt.id = id
    let acked = MessageOutcome(state: .acked)
    let response = PublishResponse.make(receipt, .finished(acked, storedAt: 0, finishedAt: 1))
    #expect(response.headers["Idempotency-Replayed"] == "true")
    #expect(response.headers["Location"] == "/messages/\(id)")
    #expect(text(response).contains(#""acked_at":"1970-01-01T00:00:00.001Z""#))
    let pending = PublishResponse.make(receipt, .pending(.queued, storedAt: 0))
    #expect(pending.status == 202 && pending.headers["Idempotency-Replayed"] == "true")
    #expect(!finished(acked).headers.contains("Idempotency-Replayed"))
  }

  @Test(
    arguments: [
      (MessageOutcome(state: .rejected, reasonCode: .quotaExceeded), 503, "dead letters"),
      (MessageOutcome(state: .expired), 504, "another one"), (.held, 502, "dead letters"),
    ])
  func `an error of what is kept says so, and where`(
    outcome: MessageOutcome, status: Int, hint: String
  ) {
    let response = PublishResponse.make(.sample(id), .kept(outcome))
    #expect(response.status == status)
    #expect(text(response).contains(#""kept":true,"id":"\#(id)""#))
    #expect(!text(response).contains(#""kept":false"#))
    #expect(text(response).contains(hint))
    #expect(text(response).contains(#""delivery":"uncertain""#) == outcome.isHeld)
  }

  @Test func `QoS 0 was handed over, and there is nowhere to look`() {
    let response = PublishResponse.make(
      .sample(qos: .atMostOnce), .finished(MessageOutcome(state: .sent), storedAt: nil))
    #expect(response.status == 200)
    #expect(text(response).contains(#""qos":0,"retain":false,"state":"sent","delivery":"exact""#))
    #expect(!response.headers.contains("Location"))
  }

  @Test(
    arguments: [
      (["Accept": "text/plain"], true),
      (["Accept": "text/plain;q=0.5, application/json;q=0.4"], true),
      (["Accept": "*/*"], false), ([:], false), (["Accept": "text/html"], false),
      (["Accept": "text/plain, application/json"], false),
    ] as [(HeaderFields, Bool)])
  func `a shell gets the id alone`(headers: HeaderFields, isPlain: Bool) {
    let response = finished(MessageOutcome(state: .acked), headers)
    #expect((text(response) == "\(id)\n") == isPlain)
    #expect((response.headers["Content-Type"]?.hasPrefix("text/plain") == true) == isPlain)
  }

  @Test(arguments: [
    (ReasonCode.unspecifiedError, 502, ProblemCode.brokerRejected),
    (.implementationSpecificError, 502, .brokerRejected),
    (.notAuthorized, 403, .brokerNotAuthorized),
    (.topicNameInvalid, 400, .topicRejected), (.quotaExceeded, 503, .brokerQuotaExceeded),
    (.payloadFormatInvalid, 422, .payloadFormatInvalid),
    (.packetIdentifierInUse, 502, .brokerRejected),
    (.qosNotSupported, 422, .qosNotSupported), (.retainNotSupported, 422, .retainNotAvailable),
    (.packetTooLarge, 413, .payloadTooLarge), (ReasonCode(rawValue: 0xFF), 502, .brokerRejected),
  ])
  func `a refusal by the broker keeps its reason`(
    reason: ReasonCode, status: Int, code: ProblemCode
  ) {
    let response = finished(MessageOutcome(state: .rejected, reasonCode: reason))
    #expect(response.status == status)
    #expect(response.headers["Content-Type"] == "application/problem+json")
    #expect(text(response).contains(#""code":"\#(code.rawValue)""#))
    #expect(text(response).contains(#""kept":false,"reason_code":\#(reason.rawValue)"#))
    #expect(response.headers.contains("Retry-After") == (code == .brokerQuotaExceeded))
    #expect(text(response).contains("limited_by") == (code == .payloadTooLarge))
    #expect(!response.headers.contains("Location"))
  }

  @Test func `the broker's own words are passed on`() {
    let outcome = MessageOutcome(
      state: .rejected, reasonCode: .notAuthorized, reasonString: "not \"here\"")
    #expect(text(finished(outcome)).contains(#""detail":"not \"here\"""#))
    let plain = finished(outcome, ["Accept": "text/plain"])
    #expect(text(plain) == "403 broker-not-authorized: not \"here\"\n")
  }

  @Test func `an expired message is a 504`() {
    let response = finished(MessageOutcome(state: .expired))
    #expect(response.status == 504)
    #expect(text(response).contains(#""code":"message-expired""#))
    #expect(text(response).contains(#""kept":false"#))
  }

  @Test(arguments: [
    (Publishing.Refusal.queueFull, 503, #""kept":false"#, true),
    (.storeBusy, 503, #""kept":false"#, true), (.diskFull, 507, #""kept":false"#, false),
    (.draining, 503, #""kept":false"#, true), (.brokerUnavailable, 503, #""kept":false"#, true),
    (.unknown, 500, #""kept":"unknown""#, false),
  ])
  func `a refusal says what was kept`(
    refusal: Publishing.Refusal, status: Int, kept: String, mayRetry: Bool
  ) {
    let response = PublishResponse.make(.sample(), .refused(refusal))
    #expect(response.status == status)
    #expect(text(response).contains(kept))
    #expect(response.headers.contains("Retry-After") == mayRetry)
    #expect(!response.headers.contains("Bridge-Message-Id"))
  }

  @Test func `only what the broker said is told of an outcome`() {
    func names(_ outcome: MessageOutcome) -> [String] {
      PublishResponse.acknowledgement(outcome).map(\.name)
    }
    #expect(names(MessageOutcome(state: .acked)) == ["reason_code", "matching_subscribers"])
    #expect(
      names(MessageOutcome(state: .rejected, reasonCode: .notAuthorized, reasonString: "no"))
        == ["reason_code", "reason"])
    #expect(names(MessageOutcome(state: .expired)).isEmpty)
    #expect(names(MessageOutcome(state: .sent)).isEmpty)
  }
}
