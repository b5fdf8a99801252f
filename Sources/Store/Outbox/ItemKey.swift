/// Makes an item the only one of its kind: while the key is kept, a later item with the same name
/// is not stored.
package struct ItemKey: Sendable, Equatable {
  /// What the keys are told apart by; callers hash theirs, so that every name is equally long.
  package var name: [UInt8]
  /// What the item asks for: a later item that asks for something else under the name is refused.
  package var fingerprint: [UInt8]

  package init(name: [UInt8], fingerprint: [UInt8]) {
    self.name = name
    self.fingerprint = fingerprint
  }
}

/// An item that was not stored, because an earlier one has its key and asks for the same.
package struct RepeatedItem: Sendable, Equatable {
  /// The item that was not stored.
  package let id: ItemID
  /// The one that was.
  package let original: ItemID
  /// How far the original is.
  package let state: ItemState
}
