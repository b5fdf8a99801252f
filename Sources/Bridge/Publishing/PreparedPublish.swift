import MQTTClient
import Store

/// A publish that has passed every check and is about to be stored or sent.
struct PreparedPublish: Sendable {
  let terms: PublishTerms
  var receipt: PublishReceipt
  /// In milliseconds since 1970.
  let acceptedAt: Int64

  /// What its request waits for, once it is stored.
  ///
  /// QoS 0 has no acknowledgement to wait for: stored is all that can be said.
  var level: AckLevel { terms.acknowledgement == .none ? .stored : terms.acknowledgement }

  var item: OutboxItem {
    OutboxItem(
      id: receipt.id.item, body: StoredMessage.encode(terms.publish), expiresAt: terms.expiresAt,
      key: terms.key.map { ItemKey(name: $0.name, fingerprint: $0.fingerprint) })
  }
}
