import EventLoop
import Logging

/// The running bridge: starts its parts, waits for the end, and stops them.
enum BridgeApp {
  /// Runs until a signal ends it, and returns the exit status.
  static func run(_ configuration: BridgeConfiguration, signals: TerminationSignals) -> Int32 {
    let log = Logger(label: "mqtt-bridge")
    log.info(
      "started",
      metadata: [
        LogKey.version: "\(BridgeVersion.current)", LogKey.broker: "\(configuration.mqtt.broker)",
        LogKey.listen: "\(configuration.http.listen)", LogKey.data: "\(configuration.data)",
      ])
    while true {
      guard let signal = signals.next(within: .seconds(3600)) else { continue }
      log.info("stopping", metadata: [LogKey.signal: "\(signal)"])
      return 0
    }
  }
}
