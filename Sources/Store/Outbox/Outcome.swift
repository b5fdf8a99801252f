/// How an item ended, in the words of the consumer; the store only remembers it.
package struct Outcome: Sendable, Equatable {
  package var code: Int64
  package var detail: [UInt8]

  package init(code: Int64, detail: [UInt8] = []) {
    self.code = code
    self.detail = detail
  }
}

/// What the store knows of an item.
package enum ItemState: Sendable, Equatable {
  /// Still in the outbox.
  case pending(sequence: Int64, phase: UInt8, storedAt: Int64, expiresAt: Int64?)
  /// Finished, and not yet forgotten.
  case finished(Outcome, storedAt: Int64, finishedAt: Int64)
}
