import HTTPClient
import Testing
import TestSupport
import Webhooks

@testable import Bridge

@Suite struct WebhookParcelTests {
  private func event(_ sequence: Int64, _ content: String) -> WebhookEvent {
    WebhookEvent(
      sequence: sequence, id: "k3f9x-\(sequence)-1", topic: "a/\(sequence)",
      contentType: "application/json", content: Array(content.utf8),
      fields: [.init("Mqtt-Topic", "ä")])
  }

  @Test func `events become one body, an array or lines`() {
    let events = [event(1, "{}"), event(2, "[]")]
    #expect(WebhookParcel([events[0]], .envelope).body == Array("{}".utf8))
    #expect(WebhookParcel([events[0]], .payload).fields == [.init("Mqtt-Topic", "ä")])
    let array = WebhookParcel(events, .array)
    #expect(array.body == Array("[{},[]]".utf8) && array.contentType == "application/json")
    #expect(array.fields.isEmpty && array.eventIDs == "k3f9x-1-1..k3f9x-2-1")
    let lines = WebhookParcel(events, .ndjson)
    #expect(lines.body == Array("{}\n[]\n".utf8) && lines.contentType == "application/x-ndjson")
  }

  @Test func `a dead letter holds all of it, and damaged bytes are none`() {
    var random = SeededGenerator(for: "webhook parcels")
    for body in [WebhookConfiguration.Body.payload, .array] {
      let parcel = WebhookParcel(
        body == .array ? [event(1, "x"), event(2, "y")] : [event(1, "")], body)
      let bytes = parcel.encoded
      #expect(WebhookParcel(bytes) == parcel)
      for count in 0..<(bytes.count - parcel.body.count) {
        #expect(WebhookParcel(Array(bytes.prefix(count))) == nil)
      }
      for _ in 0..<2000 {
        var damaged = bytes
        damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(
          in: 1...255, using: &random)
        _ = WebhookParcel(damaged)
      }
    }
  }

  @Test func `the key is that of the webhook and its events`() throws {
    let one = WebhookParcel([event(1, "x")], .array)
    let both = WebhookParcel([event(1, "x"), event(2, "y")], .array)
    let key = try one.key(of: "w")
    let (same, other) = (WebhookParcel([event(1, "z")], .envelope), try one.key(of: "v"))
    let (sameKey, bothKey) = (try same.key(of: "w"), try both.key(of: "w"))
    #expect(key == sameKey && key != other && key != bothKey)
  }

  @Test func `the openssl command finds the same signature`() throws {
    let body = "{\"payload\":\"ä\"}"
    let signature = try WebhookRequests.signature(
      Secret("correct horse"), Array(body.utf8), at: 1_700_000_000)
    let directory = try TemporaryDirectory()
    let file = try directory.write("1700000000." + body, to: "signed")
    let openssl = try ChildProcess(
      "openssl", ["dgst", "-sha256", "-hmac", "correct horse", "-r", file])
    #expect(openssl.waitForExit() == .status(0))
    let hex = openssl.output.text.prefix { $0 != " " }
    #expect(hex.count == 64 && signature == "t=1700000000,v1=\(hex)")
  }

  @Test func `a request says whose it is and carries the headers of the webhook`() throws {
    var webhook = WebhookConfiguration(name: "orders")
    webhook.url = "http://x/"
    webhook.method = .put
    webhook.headers = [.init(name: "Authorization", value: Secret("Bearer x"))]
    let requests = WebhookRequests(configuration: webhook)
    let parcel = WebhookParcel([event(1, "{}")], .envelope)
    let request = try requests.request(parcel, at: 5)
    func field(_ name: String) -> String? { request.fields.first { $0.name == name }?.value }
    #expect(request.method == "PUT" && request.body == Array("{}".utf8))
    #expect(field("Bridge-Webhook") == "orders" && field("Bridge-Event-ID") == "k3f9x-1-1")
    #expect(field("Authorization") == "Bearer x" && field("Bridge-Signature") == nil)
    #expect(field("Idempotency-Key")?.utf8.count == 32)
    #expect(try requests.request(parcel, at: 6).fields == request.fields)
  }
}
