/// Somebody waits until everything up to here has its outcome.
final class PublishBarrier {
  private let order: UInt64
  private let reached: () -> Void
  private var remaining: Int

  init(order: UInt64, remaining: Int, _ reached: @escaping () -> Void) {
    self.order = order
    self.remaining = remaining
    self.reached = reached
  }

  var isReached: Bool { remaining == 0 }

  /// A publish of this order has ended.
  func ended(_ order: UInt64) {
    guard order <= self.order, remaining > 0 else { return }
    remaining -= 1
    if remaining == 0 { reached() }
  }
}
