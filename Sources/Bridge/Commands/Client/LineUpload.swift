import EventLoop
import HTTPClient
import HTTPFront
import JSONText

/// Publishes lines, some hundred in one request, so that of any number only those are in memory.
struct LineUpload {
  private static let linesMaximum = 500
  private static let bytesMaximum = 1 << 20

  private let command: PubCommand
  private let server: BridgeServer
  private let began = MonotonicClock.now()
  private var bar: ProgressBar
  private var accepted = 0
  private var rejected = 0
  /// Where the first line of the request that comes next stands.
  private var nextLine = 1
  private var linesAhead = 0
  private var body: [UInt8] = []
  private var readBytes = 0

  init(command: PubCommand, server: BridgeServer) {
    self.command = command
    self.server = server
    bar = ProgressBar(isShown: StandardError.isTerminal && !command.quiet)
  }

  mutating func run() throws {
    let reader = try command.source.reader()
    var rest: [UInt8] = []
    while true {
      let piece = try PayloadSource.read(reader)
      readBytes += piece.count
      if piece.isEmpty { break }
      rest += piece
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        try add(rest[start..<end])
        start = end + 1
      }
      rest.removeFirst(start)
      guard rest.count < Self.bytesMaximum * 16 else {
        throw CallFailure.usage("a line has more than \(Self.bytesMaximum * 16) bytes")
      }
      // What waits for more input is published meanwhile.
      if piece.count < 1 << 16 { try send() }
      show(of: reader.size)
    }
    if !rest.isEmpty { try add(rest[...]) }
    try send()
    bar.end()
    tell()
    if rejected > 0 { throw ExitStatus.refused }
  }

  private mutating func add(_ line: ArraySlice<UInt8>) throws {
    let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    body += command.envelopes ? Array(text) : envelope(text)
    body.append(UInt8(ascii: "\n"))
    linesAhead += 1
    if linesAhead == Self.linesMaximum || body.count >= Self.bytesMaximum { try send() }
  }

  private func envelope(_ payload: ArraySlice<UInt8>) -> [UInt8] {
    let terms = command.terms
    var members: [JSONValue.Member] = [.init("topic", .string(command.topic ?? ""))]
    if let text = String(validating: payload, as: UTF8.self) {
      members.append(.init("payload", .string(text)))
    } else {
      members.append(.init("payload", .string(Base64.encode(payload))))
      members.append(.init("payload_encoding", .string("base64")))
    }
    if let qos = terms.qos { members.append(.init("qos", .integer(qos))) }
    if terms.retain { members.append(.init("retain", .boolean(true))) }
    if let type = terms.contentType { members.append(.init("content_type", .string(type))) }
    if let expiry = terms.messageExpiry {
      members.append(.init("message_expiry_interval", .integer(expiry)))
    }
    if !terms.pairs.isEmpty {
      let pairs = terms.pairs.map { JSONValue.array([.string($0.name), .string($0.value)]) }
      members.append(.init("user_properties", .array(pairs)))
    }
    return JSONValue.object(members).encoded
  }

  private mutating func send() throws {
    guard linesAhead > 0 else { return }
    var call = BridgeServer.Call(method: "POST", path: "/publish/batch")
    call.query.append(("atomic", "false"))
    if let ack = command.ack { call.query.append(("ack", ack)) }
    call.fields.append(("Content-Type", "application/x-ndjson"))
    call.body = body
    let answer = try Retrying(for: command.retryFor).perform(call, server)
    guard answer.status < 300 else { throw CallFailure.of(answer) }
    let members = (try? JSONScanner.scan(answer.beginning)) ?? JSONNode(value: .null, range: 0..<0)
    guard let count = members.integer("accepted") else {
      throw CallFailure.unreachable("the answer is not that of a bridge")
    }
    accepted += count
    for result in members.elements("results") {
      guard let problem = result.member("problem") else { continue }
      bar.end()
      let line = nextLine + (result.integer("index") ?? 0)
      StandardError.write("mqtt-bridge: line \(line): \(CallFailure.Problem(status: 0, problem))\n")
    }
    rejected += members.integer("rejected") ?? 0
    nextLine += linesAhead
    linesAhead = 0
    body.removeAll(keepingCapacity: true)
  }

  private mutating func show(of size: Int?) {
    let seconds = BenchFigures.seconds(MonotonicClock.now() - began)
    bar.show(
      size.map { Double(readBytes) / Double(max(1, $0)) },
      "\(accepted) messages, \(Int(Double(accepted) / max(seconds, 0.001))) a second")
  }

  private func tell() {
    guard !command.quiet else { return }
    let seconds = BenchFigures.seconds(MonotonicClock.now() - began)
    guard Terminal.output.isInteractive else {
      let members: [JSONValue.Member] = [
        .init("accepted", .integer(accepted)), .init("rejected", .integer(rejected)),
        .init("milliseconds", .integer(Int(seconds * 1000))),
      ]
      return StandardOutput.write(JSONValue.object(members).encoded + [UInt8(ascii: "\n")])
    }
    print("\(accepted) accepted, \(rejected) rejected in \(BenchFigures.text(.seconds(seconds)))")
  }
}
