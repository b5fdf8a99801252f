/// The caller's name of an item: 16 bytes that the store never interprets.
///
/// Identifiers that grow with time (UUID version 7, ULID) keep the index on them compact.
package struct ItemID: Hashable, Sendable {
  package let value: UInt128

  package init(_ value: UInt128) { self.value = value }
}
