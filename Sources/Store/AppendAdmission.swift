/// The immediate answer to `append`.
package enum AppendAdmission: Sendable, Equatable {
  /// `stored` or `refused` will follow.
  case accepted
  /// Nothing is kept; try again later.
  case full(FullLimit)
  /// Nothing is kept: the store cannot write.
  case failing(StoreError)
  /// Nothing is kept: the store is closed.
  case closed

  package enum FullLimit: Sendable, Equatable {
    /// The outbox holds its largest number of items.
    case messages
    /// The outbox holds its largest number of bytes.
    case bytes
    /// Too much waits in memory for the disk.
    case waiting
  }
}
