import HTTPClient
import MQTTClient
import Webhooks

/// Makes the requests of one webhook.
struct WebhookRequests: Sendable {
  let configuration: WebhookConfiguration

  /// The request that carries these events; the time is in seconds since 1970.
  func request(
    _ parcel: WebhookParcel, at seconds: Int64
  ) throws(CryptographyError) -> OutgoingRequest {
    var fields = parcel.fields
    fields += [
      .init("Content-Type", parcel.contentType),
      .init("User-Agent", "mqtt-bridge/\(BridgeVersion.current)"),
      .init("Bridge-Webhook", configuration.name),
      .init("Bridge-Event-ID", parcel.eventIDs),
      .init("Idempotency-Key", Self.hex(try parcel.key(of: configuration.name))),
    ]
    if let secret = configuration.secret {
      let signature = try Self.signature(secret, parcel.body, at: seconds)
      fields.append(.init("Bridge-Signature", signature))
    }
    fields += configuration.headers.map { .init($0.name, $0.value.value) }
    return OutgoingRequest(
      method: configuration.method.word, url: configuration.url, fields: fields,
      body: parcel.body, terms: configuration.request)
  }

  /// `t=<seconds>,v1=<hex>`: HMAC-SHA-256 of the seconds, a dot and the body.
  static func signature(
    _ secret: Secret, _ body: [UInt8], at seconds: Int64
  ) throws(CryptographyError) -> String {
    let signed = Array("\(seconds).".utf8) + body
    let mac = try Cryptography.hmacSHA256(key: secret.value.utf8, data: signed)
    return "t=\(seconds),v1=\(hex(mac))"
  }

  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
