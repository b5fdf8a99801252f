import ArgumentParser
import EventLoop
import HTTPFront

/// `mqtt-bridge bench`: how much a running bridge takes and delivers.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how much a running bridge takes and delivers.",
    discussion: """
        mqtt-bridge bench
        mqtt-bridge bench --connections 256 --ack stored --duration 30s
        mqtt-bridge bench --qos 0 --streams 100

      Every connection publishes one message after another to topics below --prefix. With --streams as many streams
      follow them, and the time from the publish to each event is measured as well.

      It really publishes: use a topic that nobody minds. One thread does it all, so that beyond some ten thousand
      messages a second this program is what is measured. In a pipe the figures are one JSON object.
      """)

  @Option(
    name: [.short, .long], help: ArgumentHelp("Publishing connections.", valueName: "N"))
  var connections = 16

  @Option(help: ArgumentHelp("Streams that follow.", valueName: "N"))
  var streams = 0

  @Option(
    name: [.short, .long], help: ArgumentHelp("How long. (default: 10s)", valueName: "TIME"),
    transform: PubCommand.time)
  var duration: Duration = .seconds(10)

  @Option(name: [.short, .long], help: ArgumentHelp("0, 1 or 2.", valueName: "QOS"))
  var qos = 1

  @Option(help: "broker, stored or none. (default: none with QoS 0, else broker)")
  var ack: String?

  @Option(help: ArgumentHelp("The payload's bytes, at least 24.", valueName: "BYTES"))
  var size = 128

  @Option(help: ArgumentHelp("What the topics begin with.", valueName: "TOPIC"))
  var prefix = "bench"

  @OptionGroup(title: "Bridge") var options: ServerOptions

  func validate() throws {
    guard (1...4096).contains(connections), (0...10_000).contains(streams) else {
      throw ValidationError("--connections is 1 to 4096, --streams 0 to 10000")
    }
    guard (0...2).contains(qos), (24...(1 << 20)).contains(size), duration > .zero else {
      throw ValidationError("--qos is 0 to 2, --size 24 to 1048576, and --duration more than 0")
    }
  }

  func run() throws {
    try CallFailure.telling {
      let bench = try Bench(self, options.server())
      let figures = try bench.run()
      if Terminal.output.isInteractive {
        print(figures.text)
      } else {
        StandardOutput.write(figures.json.encoded + [UInt8(ascii: "\n")])
      }
    }
  }
}
