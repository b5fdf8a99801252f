import ArgumentParser

/// `mqtt-bridge check-config`: says what is wrong with the configuration, or prints it.
struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Check the configuration and print every value in effect with its source.",
    discussion: "The output is a configuration file; secrets are hidden.")

  @OptionGroup(title: "Settings") var options: ConfigurationOptions

  func run() throws {
    print(try options.load().report, terminator: "")
  }
}
