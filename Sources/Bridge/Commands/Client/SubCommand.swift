import ArgumentParser
import EventLoop

/// `mqtt-bridge sub`: prints the messages of a running bridge.
struct SubCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sub",
    abstract: "Print messages from a running bridge.",
    discussion: """
        mqtt-bridge sub 'sensors/+/temp' alerts/#
        mqtt-bridge sub '#' --since 1h --count 100 > hour.ndjson
        mqtt-bridge sub 'orders/#' --position orders.id | worker

      On a terminal a message is its topic and its payload; in a pipe it is a line of JSON, as the bridge
      sends it. When the connection ends, it is opened again and goes on where it was: nothing is
      lost and nothing comes twice, unless the bridge says so on standard error. With --position that holds for
      the command itself too, because the file keeps the place between two runs.

      The exit status is 0 after --count messages, 1 when the bridge refuses, 2 when --timeout is over
      first, 64 for wrong use, and 69 when the bridge cannot be reached and --once is given.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case auto
    case text
    case json
    case payload
  }

  @Argument(help: "Topic filters; none with --subscription.")
  var filters: [String] = []

  @Option(help: ArgumentHelp("Consume this named subscription.", valueName: "NAME"))
  var subscription: String?

  @Option(
    name: [.short, .long], help: ArgumentHelp("The highest QoS. (default: 1)", valueName: "QOS"))
  var qos: Int?

  @Option(
    help: ArgumentHelp(
      "Begin there: a time before now such as 10m, RFC 3339, an event id, or all.",
      valueName: "WHEN"))
  var since: String?

  @Option(help: ArgumentHelp("Begin with the newest N messages.", valueName: "N"))
  var rewind: Int?

  @Option(
    help: ArgumentHelp("A file with the place to begin at; kept up to date.", valueName: "FILE"))
  var position: String?

  @Flag(help: "Do not begin with the retained messages.")
  var noRetained = false

  @Option(name: [.short, .long], help: ArgumentHelp("End after N messages.", valueName: "N"))
  var count: Int?

  @Option(
    help: ArgumentHelp("End after this time, such as 30s.", valueName: "TIME"),
    transform: PubCommand.time)
  var timeout: Duration?

  @Option(help: "text: topic and payload. json: a line of JSON. payload: the payload alone.")
  var format = Format.auto

  @Flag(help: "End with the first connection.")
  var once = false

  @OptionGroup(title: "Bridge") var options: ServerOptions

  func validate() throws {
    guard filters.isEmpty != (subscription == nil) else {
      throw ValidationError("either topic filters or --subscription are needed")
    }
    if let qos, !(0...2).contains(qos) { throw ValidationError("--qos is 0, 1 or 2") }
    if let count, count < 1 { throw ValidationError("--count is at least 1") }
  }

  func run() throws {
    try CallFailure.telling {
      let isPlain = format == .auto ? Terminal.output.isInteractive : format == .text
      let shown = format == .auto ? (isPlain ? .text : .json) : format
      let follower = try Follower(command: self, server: try options.server(), format: shown)
      try follower.run()
    }
  }
}
