import WebSocketProtocol

/// What a machine made of a stream: whole messages, pings, the end.
struct Heard: Equatable {
  var messages: [WebSocketMessage] = []
  var pings: [[UInt8]] = []
  var pongs: [[UInt8]] = []
  var closed: CloseStatus?
  var violation: WebSocketViolation?
  /// What the machine wants to write.
  var output: [UInt8] = []
}

/// A machine that is fed bytes, with everything it said.
struct MachineHarness: ~Copyable {
  var machine: WebSocketMachine
  var heard = Heard()
  private var assembler = MessageAssembler()

  init(
    _ role: WebSocketRole = .client(maskKey: { 0 }), limits: WebSocketLimits = WebSocketLimits(),
    deflate: DeflateParameters? = nil
  ) {
    machine = WebSocketMachine(role, limits: limits, deflate: deflate)
  }

  mutating func feed(_ bytes: [UInt8]) {
    machine.append(bytes[...])
    do throws(WebSocketViolation) {
      while let event = try machine.next() { note(event) }
    } catch {
      heard.violation = error
    }
    heard.output += machine.output
    machine.wrote(machine.output.count)
  }

  private mutating func note(_ event: WebSocketMachine.Event) {
    switch event {
    case .part(let part): if let message = assembler.add(part) { heard.messages.append(message) }
    case .ping(let bytes): heard.pings.append(Array(bytes))
    case .pong(let bytes): heard.pongs.append(Array(bytes))
    case .closed(let status): heard.closed = status
    }
  }
}

/// Bytes in hexadecimal digits, with spaces anywhere.
func bytes(_ text: String) -> [UInt8] {
  let digits = text.filter { $0 != " " }.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

extension WebSocketMessage {
  static func text(_ text: String) -> WebSocketMessage {
    WebSocketMessage(.text, Array(text.utf8)[...])
  }

  static func binary(_ bytes: [UInt8]) -> WebSocketMessage { WebSocketMessage(.binary, bytes[...]) }
}
