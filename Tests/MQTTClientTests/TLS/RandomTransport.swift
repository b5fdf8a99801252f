import EventLoop
import TestSupport

@testable import MQTTClient

/// A peer that sends random bytes, mostly inside records that look like a handshake.
final class RandomTransport: Transport {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  var descriptor: Int32 { -1 }
  var needs: Poller.Interest { [] }
  var holdsInput: Bool { false }
  var hasUnreadInput: Bool { false }

  func advance() -> Bool { true }

  func receive(into buffer: inout [UInt8]) -> TCPSocket.Received {
    let count = Int.random(in: 1...200, using: &random)
    var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return .end
    case 1: return .nothingYet
    case 2: break
    default:
      // A record of handshake messages, the first of which may be a ServerHello.
      let kind = UInt8.random(in: 0...24, using: &random)
      let inner = [Bool.random(using: &random) ? 2 : kind, 0, 0, UInt8(max(0, count - 4))]
      bytes.replaceSubrange(..<min(4, count), with: inner.prefix(count))
      bytes = [UInt8.random(in: 20...23, using: &random), 3, 3, 0, UInt8(count)] + bytes
    }
    buffer.replaceSubrange(..<bytes.count, with: bytes)
    return .bytes(bytes.count)
  }

  func send(_ bytes: Bytes) -> Int { bytes.count }
  func shutDownSending() {}
}
