import EventLoop
import HTTPClient

/// Publishes on many connections, and follows on many streams.
final class Bench {
  /// So many values are enough for quantiles, whatever the rate.
  private static let valuesMaximum = 20_000_000
  /// Streams have numbers from here on, publishes those below.
  private static let firstStream: UInt64 = 1 << 32

  private let command: BenchCommand
  private let server: BridgeServer
  private let sender: HTTPSender
  private var figures = BenchFigures()
  private var began: [Duration] = []
  private var openStreams = 0
  private var splitters: [LineSplitter]
  private var firstProblem: CallFailure?
  private var isPublishing = false

  init(_ command: BenchCommand, _ server: BridgeServer) throws(CallFailure) {
    self.command = command
    self.server = server
    do throws(HTTPSender.Unusable) {
      sender = try HTTPSender()
    } catch {
      throw .unreachable("libcurl cannot be used")
    }
    splitters = Array(repeating: LineSplitter(), count: command.streams)
  }

  func run() throws -> BenchFigures {
    for index in 0..<command.streams { follow(index) }
    let patience = MonotonicClock.now() + .seconds(30)
    while openStreams < command.streams {
      try turn()
      if MonotonicClock.now() > patience {
        throw CallFailure.unreachable("\(openStreams) of \(command.streams) streams are open")
      }
    }
    let start = MonotonicClock.now()
    let end = start + command.duration
    began = Array(repeating: start, count: command.connections)
    isPublishing = true
    var bar = ProgressBar()
    for index in 0..<command.connections { publish(index) }
    while MonotonicClock.now() < end {
      try turn()
      let share = (MonotonicClock.now() - start) / command.duration
      bar.show(share, "\(figures.published) published, \(figures.delivered) delivered")
    }
    isPublishing = false
    figures.seconds = BenchFigures.seconds(MonotonicClock.now() - start)
    bar.end()
    if figures.published == 0, let firstProblem { throw firstProblem }
    if let firstProblem { StandardError.write("mqtt-bridge: \(firstProblem)\n") }
    return figures
  }

  private func turn() throws {
    sender.turn(atMost: .milliseconds(100)) { id, outcome in
      id >= Self.firstStream ? streamEnded(outcome) : ended(Int(id), outcome)
    }
    if !isPublishing, let firstProblem { throw firstProblem }
  }

  private func publish(_ index: Int) {
    let now = MonotonicClock.now()
    began[index] = now
    var call = BridgeServer.Call(method: "POST", path: "/publish")
    call.query = [("topic", "\(command.prefix)/\(index)"), ("qos", "\(command.qos)")]
    if let ack = command.ack { call.query.append(("ack", ack)) }
    call.timeout = .seconds(60)
    let stamp = Array("\(now.components.seconds) \(now.components.attoseconds) ".utf8)
    call.body =
      stamp + Array(repeating: UInt8(ascii: "x"), count: max(0, command.size - stamp.count))
    sender.send(server.request(call), id: UInt64(index))
  }

  private func ended(_ index: Int, _ outcome: RequestOutcome) {
    switch outcome {
    case .answered(let answer) where answer.status < 300:
      figures.published += 1
      note(MonotonicClock.now() - began[index], in: &figures.answers)
    case .answered(let answer):
      figures.refused += 1
      firstProblem = firstProblem ?? CallFailure.of(answer)
    case .failed(let text):
      figures.failed += 1
      firstProblem = firstProblem ?? .unreachable(text)
    }
    if isPublishing { publish(index) }
  }

  private func follow(_ index: Int) {
    var call = BridgeServer.Call(path: "/subscribe")
    call.query = [
      ("topic", "\(command.prefix)/+"), ("format", "ndjson"), ("qos", "\(command.qos)"),
      ("retained", "ignore"),
    ]
    sender.send(server.request(call), id: Self.firstStream + UInt64(index)) {
      [self] status, piece in
      guard status < 300 else {
        firstProblem = firstProblem ?? .refused(.init(status: status, piece))
        return false
      }
      for line in splitters[index].lines(piece) ?? [] { take(line) }
      return true
    }
  }

  private func take(_ line: [UInt8]) {
    switch StreamLine(line) {
    case .event("bridge.open", _)?: openStreams += 1
    case .message(let message)?:
      guard isPublishing else { return }
      figures.delivered += 1
      let words = String(decoding: message.payload.prefix(64), as: UTF8.self).split(separator: " ")
      guard words.count > 1, let seconds = Int64(words[0]), let rest = Int64(words[1]) else {
        return
      }
      let sent = Duration(secondsComponent: seconds, attosecondsComponent: rest)
      note(MonotonicClock.now() - sent, in: &figures.deliveries)
    default: break
    }
  }

  private func streamEnded(_ outcome: RequestOutcome) {
    if case .failed(let text) = outcome, firstProblem == nil {
      firstProblem = .unreachable("a stream ended: \(text)")
    }
  }

  private func note(_ time: Duration, in values: inout [Int32]) {
    guard values.count < Self.valuesMaximum else { return }
    values.append(Int32(clamping: Int64(BenchFigures.seconds(time) * 1e6)))
  }
}
