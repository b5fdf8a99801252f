import EventLoop

/// The configuration in effect, for the parts that follow a reload.
final class LiveConfiguration: Sendable {
  private final class Box: Sendable {
    let value: BridgeConfiguration

    init(_ value: BridgeConfiguration) { self.value = value }
  }

  private let box: Locked<Box>

  init(_ configuration: BridgeConfiguration) { box = Locked(Box(configuration)) }

  var value: BridgeConfiguration { box.withLock { $0 }.value }

  func replace(with configuration: BridgeConfiguration) {
    let new = Box(configuration)
    box.withLock { $0 = new }
  }
}
