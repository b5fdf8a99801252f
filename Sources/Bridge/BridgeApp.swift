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
    manager: NotifySocket? = nil,
    reload: @escaping () throws(ConfigurationProblems) -> LoadedConfiguration
  ) -> Int32 {
    let log = Logger(label: "mqtt-bridge")
    OpenFileLimit.raise()
    do throws(StartFailure) {
      let bridge = try RunningBridge(configuration, log)
      bridge.logStart()
      let signal = serve(bridge, signals, manager) {
        bridge.reload(with: Reloader(log, load: reload))
      }
      log.info("stopping", metadata: [LogKey.signal: "\(signal)"])
      ServiceNotices(manager).stopping(within: configuration.drainTimeout)
      exitAtNextSignal(signals)
      bridge.stop()
      log.info("stopped")
      return 0
    } catch {
      StandardError.write("mqtt-bridge: \(error)\n")
      return error.status
    }
  }

  /// Looks after the bridge until a signal asks for its end, which it returns.
  private static func serve(
    _ bridge: RunningBridge, _ signals: TerminationSignals, _ manager: NotifySocket?,
    reload: () -> Void
  ) -> Int32 {
    var notices = ServiceNotices(manager)
    notices.started(bridge.statusLine)
    var isSettled = false
    while true {
      let signal = signals.next(within: notices.longestWait)
      if signal == TerminationSignals.reload {
        notices.reloading(at: MonotonicClock.now())
        reload()
        notices.reloaded()
      } else if let signal {
        return signal
      }
      bridge.tick()
      notices.tick(
        at: MonotonicClock.now(), isAlive: bridge.isAlive, status: bridge.statusLine)
      if !isSettled { ProgramPages.letGo() }
      isSettled = true
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
