import ArgumentParser
import EventLoop
import FoundationEssentials

extension ConfigurationOptions {
  /// The exit status for a wrong configuration, `EX_CONFIG` of sysexits.
  static let wrongConfiguration: Int32 = 78

  /// The configuration of these flags, the environment and the file as it is now.
  func loadAgain() throws(ConfigurationProblems) -> LoadedConfiguration {
    try ConfigurationLoader.load(
      flags: values, file: config, environment: ProcessInfo.processInfo.environment)
  }

  /// The configuration of these flags, the environment and the file; prints all problems and exits otherwise.
  func load() throws -> LoadedConfiguration {
    do throws(ConfigurationProblems) {
      return try ConfigurationLoader.load(
        flags: values, file: config, environment: ProcessInfo.processInfo.environment)
    } catch {
      let lines = error.list.map { "mqtt-bridge: \($0)\n" }
      StandardError.write(lines.joined())
      throw ExitCode(Self.wrongConfiguration)
    }
  }
}
