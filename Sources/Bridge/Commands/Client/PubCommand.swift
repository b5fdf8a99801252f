import ArgumentParser
import EventLoop
import HTTPClient
import JSONText

/// `mqtt-bridge pub`: publishes through a running bridge.
struct PubCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pub",
    abstract: "Publish through a running bridge.",
    discussion: """
        mqtt-bridge pub sensors/1/temp 21.5
        mqtt-bridge pub cam/1 --file photo.jpg --content-type image/jpeg --retain
        journalctl -f -o cat | mqtt-bridge pub logs/host --lines
        mqtt-bridge pub --envelopes --file messages.ndjson

      On a terminal it says what became of the message; in a pipe it prints the bridge's answer, JSON.
      With --retry-for a message is sent again while the bridge cannot be reached or is busy, and is
      published once all the same, by an Idempotency-Key.

      The exit status is 0 when the broker or the bridge's disk has every message, 1 when one was refused,
      64 for wrong use, and 69 when the bridge cannot be reached or cannot take it now.
      """)

  @Argument(help: "The topic; none with --envelopes.")
  var topic: String?

  @OptionGroup var source: PayloadSource
  @OptionGroup(title: "Message") var terms: MessageOptions
  @OptionGroup(title: "Bridge") var options: ServerOptions

  @Option(help: "broker: wait for its acknowledgement. stored: for the disk. none: with QoS 0.")
  var ack: String?

  @Flag(help: "Each line is the payload of a message of its own.")
  var lines = false

  @Flag(help: "Each line is a JSON object that has a topic, a payload and more.")
  var envelopes = false

  @Option(
    help: ArgumentHelp("How long to try again, such as 30s or 5m.", valueName: "TIME"),
    transform: PubCommand.time)
  var retryFor: Duration = .zero

  @Flag(name: .long, help: "Print nothing but what is wrong.")
  var quiet = false

  func validate() throws {
    if envelopes {
      guard topic == nil, source.payload == nil else {
        throw ValidationError(
          "--envelopes has topics and payloads in its lines, read from --file "
            + "or standard input")
      }
    } else if topic == nil {
      throw ValidationError("a topic is missing")
    }
    if lines, envelopes || source.payload != nil {
      throw ValidationError("--lines reads --file or standard input, and goes without --envelopes")
    }
  }

  func run() throws {
    try CallFailure.telling {
      let server = try options.server()
      if lines || envelopes {
        var upload = LineUpload(command: self, server: server)
        try upload.run()
      } else {
        try publish(server)
      }
    }
  }

  private func publish(_ server: BridgeServer) throws {
    var call = BridgeServer.Call(method: "POST", path: "/publish")
    call.query.append(("topic", topic ?? ""))
    if let ack { call.query.append(("ack", ack)) }
    terms.apply(to: &call)
    call.body = try source.bytes()
    let began = MonotonicClock.now()
    let answer = try Retrying(for: retryFor).perform(call, server)
    guard answer.status < 300 else { throw CallFailure.of(answer) }
    guard !quiet else { return }
    guard Terminal.output.isInteractive else {
      return StandardOutput.write(answer.beginning + [UInt8(ascii: "\n")])
    }
    print(Self.words(answer, after: MonotonicClock.now() - began))
  }

  private static func words(_ answer: ReceivedAnswer, after time: Duration) -> String {
    let members = (try? JSONScanner.scan(answer.beginning)) ?? JSONNode(value: .null, range: 0..<0)
    let state = members.string("state") ?? "status \(answer.status)"
    let nobody = members.integer("reason_code") == 16 ? ", nobody subscribes to it" : ""
    let id = members.string("id").map { " " + Terminal.output.text($0, .faint) } ?? ""
    return Terminal.output.text(state, answer.status == 200 ? .green : .yellow)
      + " in \(BenchFigures.text(time))\(nobody)\(id)"
  }

  static func time(_ text: String) throws -> Duration {
    do throws(SettingError) {
      return try Duration(settingText: text)
    } catch {
      throw ValidationError("'\(text)' is no time: \(error.expected)")
    }
  }
}
