/// A descriptor on its way from one thread to another, closed if nobody takes it.
package final class HandedDescriptor: Sendable {
  private let number: Locked<Int32?>

  /// Takes ownership of an open descriptor.
  package init(owning number: Int32) {
    self.number = Locked(number)
  }

  deinit {
    if let number = take() { _ = Descriptor(owning: number) }
  }

  /// The descriptor, which the first caller owns.
  package func take() -> Int32? {
    number.withLock { exchange(&$0, with: nil) }
  }
}
