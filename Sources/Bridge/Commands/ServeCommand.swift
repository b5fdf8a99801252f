import ArgumentParser
import EventLoop
import FoundationEssentials

/// `mqtt-bridge serve`: runs the bridge until a signal ends it.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the bridge until a signal ends it (the default command).")

  @OptionGroup(title: "Settings") var options: ConfigurationOptions

  func run() throws {
    let signals = TerminationSignals()
    let loaded = try options.load()
    ProcessLogging.start(loaded.configuration.log)
    let status = BridgeApp.run(
      loaded.configuration, signals: signals,
      manager: NotifySocket(environment: ProcessInfo.processInfo.environment),
      reload: options.loadAgain)
    guard status == 0 else { throw ExitCode(status) }
  }
}
