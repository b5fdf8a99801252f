import ArgumentParser
import EventLoop
import FoundationEssentials
import Store

/// `mqtt-bridge store`: what an operator does with a data directory.
struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Check, copy or compact the data directory.",
    subcommands: [StoreCheckCommand.self, StoreBackupCommand.self, StoreCompactCommand.self])
}

/// Which data directory a command is about.
struct StoreOptionGroup: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A YAML file of settings, which may name the directory.",
      discussion: "Variable \(SettingKey.configVariable).", valueName: "FILE"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      SettingCatalogue.setting(.data).explanation,
      valueName: SettingCatalogue.setting(.data).placeholder))
  var data: String?

  /// The directory of the flag, the environment or the file; prints all problems and exits otherwise.
  func directory() throws -> String {
    do throws(ConfigurationProblems) {
      let flags = data.map { [SettingKey.data: $0] } ?? [:]
      let loaded = try ConfigurationLoader.load(
        flags: flags, file: config, environment: ProcessInfo.processInfo.environment)
      return loaded.configuration.data
    } catch {
      let lines = error.list.map { "mqtt-bridge: \($0)\n" }
      StandardError.write(lines.joined())
      throw ExitCode(ConfigurationOptions.wrongConfiguration)
    }
  }

  /// Does something with the directory, or says why not and exits with status 1.
  func perform<Value>(
    _ body: (_ directory: String) throws(StoreError) -> Value
  ) throws -> Value {
    let directory = try directory()
    do throws(StoreError) {
      return try body(directory)
    } catch {
      StandardError.write("mqtt-bridge: data directory '\(directory)': \(error)\n")
      throw ExitCode(1)
    }
  }
}
