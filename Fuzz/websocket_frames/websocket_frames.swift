// module: WebSocketProtocol
// link: -lz -I Sources/CZlib
import WebSocketProtocol

/// What either end of a WebSocket makes of the other end's bytes.
///
/// Bit 0 of the first byte chooses the role, bit 1 compression, bit 2 whether contexts are kept; the
/// whole byte decides where the stream is cut. Cuts must not matter, and what was understood must
/// come back from our own frames.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let first = input.first else { return 0 }
  let check = FrameCheck(first)
  let stream = input.dropFirst()
  let whole = check.read([stream])
  let pieces = check.read(check.cut(stream))
  precondition(check.isSame(whole, pieces), "\(pieces) in pieces, \(whole) at once")
  check.sendBack(whole.messages)
  return 0
}

struct FrameCheck {
  struct Outcome: Equatable {
    var messages: [WebSocketMessage] = []
    var controls: [WebSocketMachine.Event] = []
    var violation: WebSocketViolation?
    var output: [UInt8] = []
  }

  private static let messageBytesMax = 1 << 20

  private let seed: Int
  private let isServer: Bool
  private var deflate: DeflateParameters?
  private var limits = WebSocketLimits()

  init(_ first: UInt8) {
    seed = Int(first)
    isServer = first & 1 != 0
    limits.messageBytesMax = Self.messageBytesMax
    limits.sentFrameBytesMax = 100
    guard first & 2 != 0 else { return }
    var parameters = DeflateParameters()
    parameters.clientContextTakeover = first & 4 == 0
    parameters.serverContextTakeover = first & 4 == 0
    parameters.clientWindowBits = 8 + seed % 8
    deflate = parameters
  }

  func cut(_ stream: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = stream
    var size = seed % 13 + 1
    while !rest.isEmpty {
      pieces.append(rest.prefix(size))
      rest = rest.dropFirst(size)
      size = (size &* 7 &+ seed) % 41 + 1
    }
    return pieces
  }

  func read(_ pieces: [ArraySlice<UInt8>], asServer: Bool? = nil) -> Outcome {
    var machine = WebSocketMachine(
      asServer ?? isServer ? .server : .client(maskKey: { 0x1234_5678 }), limits: limits,
      deflate: deflate)
    var assembler = MessageAssembler()
    var outcome = Outcome()
    for piece in pieces {
      machine.append(piece)
      do throws(WebSocketViolation) {
        while let event = try machine.next() {
          note(event, &assembler, &outcome)
          outcome.output += machine.output
          machine.wrote(machine.output.count)
        }
      } catch {
        outcome.violation = error
      }
      outcome.output += machine.output
      machine.wrote(machine.output.count)
    }
    precondition(!machine.hasInput, "input is left over")
    precondition(outcome.violation == nil || machine.state != .open)
    return outcome
  }

  /// Compressed bytes that are wrong in two ways may be refused for either, depending on the cuts.
  func isSame(_ one: Outcome, _ other: Outcome) -> Bool {
    guard deflate != nil, one.violation != nil, other.violation != nil else { return one == other }
    return one.messages == other.messages && one.controls == other.controls
  }

  private func note(
    _ event: WebSocketMachine.Event, _ assembler: inout MessageAssembler, _ outcome: inout Outcome
  ) {
    guard case .part(let part) = event else { return outcome.controls.append(event) }
    guard let message = assembler.add(part) else { return }
    precondition(message.bytes.count <= Self.messageBytesMax)
    if message.kind == .text {
      precondition(String(validating: message.bytes, as: UTF8.self) != nil, "no UTF-8")
    }
    outcome.messages.append(message)
  }

  func sendBack(_ messages: [WebSocketMessage]) {
    var sender = WebSocketMachine(
      isServer ? .server : .client(maskKey: { 0x9ABC_DEF0 }), limits: limits, deflate: deflate)
    for message in messages { sender.send(message.kind, message.bytes) }
    let again = read([sender.output], asServer: !isServer)
    precondition(again.messages == messages && again.violation == nil, "\(again.violation as Any)")
  }
}
