import ArgumentParser
import EventLoop
import HTTPClient

/// `mqtt-bridge request`: publishes a message and prints the reply.
struct RequestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request",
    abstract: "Publish a request through a running bridge and print the reply.",
    discussion: """
        mqtt-bridge request dev/1/cmd status
        mqtt-bridge request dev/all who --max-replies 9 --timeout 2s

      The reply's payload is printed as it is. With --max-replies above 1 each reply is a line of JSON,
      printed as it comes.

      The exit status is 0 when a reply came, 1 when the bridge refuses, 2 when none came in time, 64 for
      wrong use, and 69 when the bridge cannot be reached or the broker is away.
      """)

  @Argument(help: "The topic of the request.")
  var topic: String

  @OptionGroup var source: PayloadSource

  @Option(
    help: ArgumentHelp("How long to wait for replies. (default: 5s)", valueName: "TIME"),
    transform: PubCommand.time)
  var timeout: Duration?

  @Option(help: ArgumentHelp("Wait for up to N replies.", valueName: "N"))
  var maxReplies = 1

  @Option(
    help: ArgumentHelp("Where the device replies, if it cannot be told.", valueName: "TOPIC"))
  var replyTopic: String?

  @Flag(help: "Keep the request while the broker is away.")
  var queue = false

  @OptionGroup(title: "Message") var terms: MessageOptions
  @OptionGroup(title: "Bridge") var options: ServerOptions

  func validate() throws {
    guard !terms.retain else { throw ValidationError("a request is never retained") }
    guard maxReplies > 0 else { throw ValidationError("--max-replies is at least 1") }
  }

  func run() throws {
    try CallFailure.telling {
      let server = try options.server()
      var call = BridgeServer.Call(method: "POST", path: "/request")
      call.query.append(("topic", topic))
      if let timeout { call.query.append(("timeout", "\(max(1, timeout.components.seconds))")) }
      if let replyTopic { call.query.append(("reply_topic", replyTopic)) }
      if queue { call.query.append(("queue", "true")) }
      terms.apply(to: &call)
      call.body = try source.bytes()
      if maxReplies > 1 { return try printAll(call, server) }
      let answer = try server.perform(call)
      guard answer.status < 300 else { throw CallFailure.of(answer) }
      let needsEnd = Terminal.output.isInteractive && answer.beginning.last != UInt8(ascii: "\n")
      StandardOutput.write(answer.beginning + (needsEnd ? [UInt8(ascii: "\n")] : []))
    }
  }

  private func printAll(_ call: BridgeServer.Call, _ server: BridgeServer) throws {
    var call = call
    call.query.append(("max_replies", "\(maxReplies)"))
    call.fields.append(("Accept", "application/x-ndjson"))
    var splitter = LineSplitter()
    var replies = 0
    var failure: CallFailure?
    let answer = try server.perform(call) { piece in
      for line in splitter.lines(piece) ?? [] {
        switch StreamLine(line) {
        case .event(let name, let node)?:
          guard name == "bridge.close", let problem = node.member("problem") else { continue }
          failure = .refused(.init(status: 0, problem))
        case .empty?: continue
        default:
          replies += 1
          StandardOutput.write(line + [UInt8(ascii: "\n")])
        }
      }
      return true
    }
    guard answer.status < 300 else { throw CallFailure.of(answer) }
    if let failure { throw failure }
    if replies == 0 { throw CallFailure.late("no reply came") }
  }
}
