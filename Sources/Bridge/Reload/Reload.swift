import Logging

/// What a freshly read configuration changes in a running bridge.
struct Reload: Equatable {
  /// Settings that have another value from now on.
  private(set) var applied: [SettingKey] = []
  /// Settings that were changed too, and count at the next start only.
  private(set) var delayed: [SettingKey] = []

  /// Takes into `running` what can change while the bridge runs.
  ///
  /// The rest of `running` stays what the bridge was started with, and is named again by every reload
  /// until then. A secret that changed looks like one that did not.
  init(_ fresh: BridgeConfiguration, into running: inout BridgeConfiguration) {
    // With or without TLS the listeners are others, and they are made at the start.
    let keepsTLS = (fresh.http.tls.certificate == nil) == (running.http.tls.certificate == nil)
    running.webhooks = fresh.webhooks
    for setting in SettingCatalogue.all where setting.differs(fresh, running) {
      if setting.key.isReloadable, keepsTLS || !setting.key.isOfTLS {
        setting.copy(from: fresh, to: &running)
        applied.append(setting.key)
      } else {
        delayed.append(setting.key)
      }
    }
  }
}

/// Reads the configuration again at SIGHUP, on the main thread.
struct Reloader {
  private let load: () throws(ConfigurationProblems) -> LoadedConfiguration
  private let log: Logger

  init(
    _ log: Logger, load: @escaping () throws(ConfigurationProblems) -> LoadedConfiguration
  ) {
    self.log = log
    self.load = load
  }

  /// False when it failed: nothing changes when anything in the new configuration is wrong; all problems
  /// are logged.
  func reload(_ live: LiveConfiguration, _ desk: AccessDesk) -> Bool {
    do throws(ConfigurationProblems) {
      let fresh = try load().configuration
      var running = live.value
      let reload = Reload(fresh, into: &running)
      if desk.adopt(fresh.access.rules) {
        running.access.rules = fresh.access.rules
      } else {
        log.warning("whether callers are asked who they are changes at the next start")
      }
      live.replace(with: running)
      ProcessLogging.level.set(running.log.level)
      log.notice("configuration reloaded", metadata: [LogKey.settings: Self.list(reload.applied)])
      guard !reload.delayed.isEmpty else { return true }
      log.warning(
        "these settings change at the next start",
        metadata: [LogKey.settings: Self.list(reload.delayed)])
      return true
    } catch {
      for problem in error.list {
        log.error("configuration not reloaded", metadata: [LogKey.reason: "\(problem)"])
      }
      return false
    }
  }

  private static func list(_ keys: [SettingKey]) -> Logger.MetadataValue {
    "\(keys.isEmpty ? "none" : keys.map(\.rawValue).joined(separator: ", "))"
  }
}
