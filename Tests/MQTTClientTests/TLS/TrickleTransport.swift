import EventLoop

@testable import MQTTClient

/// Passes on at most so many bytes per call, and none at all on every other one.
final class TrickleTransport: Transport {
  private let lower: any Transport
  private let bytesPerCall: Int
  private var sends = 0
  private var receives = 0
  private var steps = 0
  /// The place of the received byte that is damaged on its way.
  private var damagedByte: Int?
  private var received = 0
  private(set) var isShutDown = false

  init(_ lower: any Transport, bytesPerCall: Int) {
    self.lower = lower
    self.bytesPerCall = bytesPerCall
  }

  var descriptor: Int32 { lower.descriptor }
  var needs: Poller.Interest { lower.needs }
  var holdsInput: Bool { false }
  var hasUnreadInput: Bool { lower.hasUnreadInput }

  /// Becomes ready with the third call, as a proxy's handshake would.
  func advance() throws(TransportError) -> Bool {
    steps += 1
    return steps >= 3
  }

  func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    receives += 1
    guard receives.isMultiple(of: 2) else { return .nothingYet }
    var part = [UInt8](repeating: 0, count: min(bytesPerCall, buffer.count))
    let result = try lower.receive(into: &part)
    guard case .bytes(let count) = result else { return result }
    if let damagedByte, received..<received + count ~= damagedByte {
      part[damagedByte - received] ^= 0x40
    }
    received += count
    buffer.replaceSubrange(..<count, with: part[..<count])
    return result
  }

  func send(_ bytes: Bytes) throws(TransportError) -> Int {
    sends += 1
    return sends.isMultiple(of: 2) ? try lower.send(bytes.prefix(bytesPerCall)) : 0
  }

  func shutDownSending() {
    isShutDown = true
    lower.shutDownSending()
  }

  /// Damages the byte that comes after so many more.
  func damage(after count: Int) { damagedByte = received + count }
}
