import ArgumentParser
import EventLoop
import HTTPClient
import JSONText

/// Follows a stream over any number of connections.
struct Follower {
  private static let longestPause = Duration.seconds(15)

  /// What the lines of one connection have come to.
  private final class Progress {
    var lastEventID: String?
    var savedID: String?
    var messages = 0
    var splitter = LineSplitter()
    var failure: CallFailure?
    /// The reason of `bridge.close`, and how long to stay away.
    var closeReason: String?
    var retry: Duration?
  }

  private static let finalReasons: Set = [
    "token_expired", "refused", "taken_over", "subscription_deleted",
  ]

  private let command: SubCommand
  private let server: BridgeServer
  private let format: SubCommand.Format
  private let progress = Progress()
  private let deadline: Duration?

  init(command: SubCommand, server: BridgeServer, format: SubCommand.Format) throws(CallFailure) {
    self.command = command
    self.server = server
    self.format = format
    deadline = command.timeout.map { MonotonicClock.now() + $0 }
    if let file = command.position { progress.lastEventID = try PositionFile.read(file) }
  }

  private var isComplete: Bool { command.count.map { progress.messages >= $0 } ?? false }

  func run() throws {
    var pause = Duration.milliseconds(500)
    while true {
      let before = progress.messages
      do throws(CallFailure) {
        try connect()
      } catch {
        guard case .unreachable(let text) = error, !command.once else { throw error }
        note("\(text); trying again")
      }
      if isComplete { return }
      guard !isLate else { throw ExitStatus.late }
      guard !command.once else { return }
      if progress.messages > before { pause = .milliseconds(500) }
      let wished = progress.retry ?? pause
      server.pause(deadline.map { min(wished, max(.zero, $0 - MonotonicClock.now())) } ?? wished)
      guard !isLate else { throw ExitStatus.late }
      pause = min(pause * 2, Self.longestPause)
    }
  }

  private var isLate: Bool { deadline.map { MonotonicClock.now() >= $0 } ?? false }

  /// One connection, to its end.
  private func connect() throws(CallFailure) {
    progress.splitter = LineSplitter()
    (progress.closeReason, progress.retry) = (nil, nil)
    let answer: ReceivedAnswer
    do throws(CallFailure) {
      answer = try server.perform(call) { take($0) }
    } catch {
      // A limit of ours looks like a failure of the connection.
      if isLate { return }
      throw error
    }
    savePosition()
    if let failure = progress.failure { throw failure }
    guard answer.status < 300 else {
      let failure = CallFailure.of(answer)
      guard answer.status == 429 || answer.status >= 500 else { throw failure }
      progress.retry = answer.retryAfter
      throw .unreachable("\(failure)")
    }
    if let reason = progress.closeReason, Self.finalReasons.contains(reason) {
      throw .refused(.init(status: 403, code: reason, detail: "the bridge ended the stream"))
    }
  }

  private var call: BridgeServer.Call {
    var call = BridgeServer.Call(path: "/subscribe")
    call.query += command.filters.map { ("topic", $0) }
    if let name = command.subscription {
      call.query += [("subscription", name), ("auto_ack", "true")]
    }
    if let qos = command.qos { call.query.append(("qos", "\(qos)")) }
    if command.noRetained { call.query.append(("retained", "ignore")) }
    call.query += [("format", "ndjson"), ("heartbeat_style", "event")]
    if let id = progress.lastEventID, command.subscription == nil {
      call.fields.append(("Last-Event-ID", id))
    } else {
      if let since = command.since { call.query.append(("since", since)) }
      if let rewind = command.rewind { call.query.append(("rewind", "\(rewind)")) }
    }
    // Heartbeats come every 15 seconds.
    call.silence = .seconds(60)
    if let deadline { call.timeout = max(.milliseconds(1), deadline - MonotonicClock.now()) }
    return call
  }

  /// Part of the stream; false ends it.
  private func take(_ piece: [UInt8]) -> Bool {
    guard let lines = progress.splitter.lines(piece) else {
      progress.failure = .unreachable("a line is too long for a stream of a bridge")
      return false
    }
    var output: [UInt8] = []
    defer {
      if !output.isEmpty { StandardOutput.write(output) }
      savePosition()
    }
    for line in lines {
      switch StreamLine(line) {
      case .empty?: continue
      case .message(let message)?:
        show(message, line, in: &output)
        progress.messages += 1
        if let id = message.id { progress.lastEventID = id }
        if isComplete { return false }
      case .event(let name, let node)?: handle(name, node)
      case nil:
        progress.failure = .unreachable("the answer is not the stream of a bridge")
        return false
      }
    }
    return progress.failure == nil
  }

  private func show(_ message: StreamLine.Message, _ line: [UInt8], in output: inout [UInt8]) {
    switch format {
    case .json: output += line
    case .payload: output += message.payload
    case .auto, .text:
      let topic = Terminal.output.text(Terminal.harmless(message.topic), .cyan)
      let payload =
        String(validating: message.payload, as: UTF8.self).map(Terminal.harmless)
        ?? Terminal.output.text("(\(message.payload.count) bytes)", .faint)
      output += Array("\(topic) \(payload)".utf8)
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func handle(_ name: String, _ node: JSONNode) {
    if let id = node.string("id") { progress.lastEventID = id }
    switch name {
    case "bridge.open":
      if progress.lastEventID == nil { progress.lastEventID = node.string("from") }
    case "bridge.gap":
      note("messages may be missing here: \(node.string("reason") ?? "unknown")")
    case "bridge.error":
      let problem = CallFailure.Problem(status: 0, node.member("problem") ?? node)
      note("\(problem)")
    case "bridge.auth": note("the token ends soon")
    case "bridge.close":
      progress.closeReason = node.string("reason")
      progress.retry = node.integer("retry").map { .milliseconds(max(0, min($0, 60_000))) }
    default: break
    }
  }

  private func savePosition() {
    guard let file = command.position, let id = progress.lastEventID, id != progress.savedID,
      progress.failure == nil
    else { return }
    do throws(CallFailure) {
      try PositionFile.write(id, to: file)
      progress.savedID = id
    } catch {
      progress.failure = error
    }
  }

  private func note(_ text: String) {
    StandardError.write(
      Terminal.errors.text("mqtt-bridge: \(Terminal.harmless(text))", .yellow) + "\n")
  }
}
