/// What a caller gives to the outbox: opaque bytes under an identifier.
package struct OutboxItem: Sendable, Equatable {
  package var id: ItemID
  package var body: [UInt8]
  /// Milliseconds since 1970; the store keeps it for the consumer and never acts on it.
  package var expiresAt: Int64?
  /// Lets the item in only if no earlier one has this key; nil lets every item in.
  package var key: ItemKey?

  package init(id: ItemID, body: [UInt8], expiresAt: Int64? = nil, key: ItemKey? = nil) {
    self.id = id
    self.body = body
    self.expiresAt = expiresAt
    self.key = key
  }
}
