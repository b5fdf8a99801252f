import EventLoop

/// The configuration in effect, for the parts that follow a reload.
final class LiveConfiguration: Sendable {
  private let latest: Locked<SharedConfiguration>

  init(_ configuration: BridgeConfiguration) {
    latest = Locked(SharedConfiguration(configuration))
  }

  var value: BridgeConfiguration { shared.value }

  /// The same, without a copy of all of it.
  var shared: SharedConfiguration { latest.withLock { $0 } }

  func replace(with configuration: BridgeConfiguration) {
    let new = SharedConfiguration(configuration)
    latest.withLock { $0 = new }
  }
}

/// One configuration for many readers: copying it whole would cost a request more than reading it.
final class SharedConfiguration: Sendable {
  let value: BridgeConfiguration

  init(_ value: BridgeConfiguration) { self.value = value }
}
