import EventLoop
import HTTPFront
import Logging
import MQTTClient
import Store

/// The running bridge: starts its parts in order, waits for a signal, and stops them in order.
enum BridgeApp {
  /// Runs until a signal ends it, and returns the exit status.
  static func run(
    _ configuration: BridgeConfiguration, signals: TerminationSignals,
    reload: @escaping () throws(ConfigurationProblems) -> LoadedConfiguration
  ) -> Int32 {
    let log = Logger(label: "mqtt-bridge")
    OpenFileLimit.raise()
    do throws(StartFailure) {
      let bridge = try RunningBridge(configuration, log)
      bridge.logStart()
      var signal: Int32?
      var isSettled = false
      while signal == nil {
        let next = signals.next(within: .seconds(1))
        if next == TerminationSignals.reload {
          bridge.reload(with: Reloader(log, load: reload))
        } else {
          signal = next
        }
        bridge.tick()
        if !isSettled { ProgramPages.letGo() }
        isSettled = true
      }
      log.info("stopping", metadata: [LogKey.signal: "\(signal ?? 0)"])
      exitAtNextSignal(signals)
      bridge.stop()
      log.info("stopped")
      return 0
    } catch {
      StandardError.write("mqtt-bridge: \(error)\n")
      return error.status
    }
  }

  /// Whoever signals twice does not want to wait.
  private static func exitAtNextSignal(_ signals: TerminationSignals) {
    _ = try? LoopThread(name: "signals") {
      var next: Int32?
      while next == nil || next == TerminationSignals.reload {
        next = signals.next(within: .seconds(3600))
      }
      endProcess(status: 1)
    }
  }
}
