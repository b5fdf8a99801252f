import EventLoop
import TestSupport

@testable import MQTTClient

/// A TLS connection of a test to a port of this machine, driven by looking again and again.
final class TLSTestConnection {
  let transport: TLSTransport
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  /// Connects and shakes hands, or throws the first failure.
  init(
    port: UInt16, _ options: TLSOptions, sessions: TLSSessions? = nil, host: String = "localhost",
    layer: (any Transport) -> any Transport = { $0 }
  ) throws {
    let context = try TLSContext(options, sessions: sessions)
    let address = SocketAddress(.v4(0x7F00_0001), port: port)
    let tcp = TCPTransport(try TCPSocket(connectingTo: address, SocketOptions()))
    transport = try TLSTransport(over: layer(tcp), context: context, host: host)
    // Many steps between two looks, because a layer below may pass on single bytes.
    guard try eventually({ try (0..<64).contains { _ in try transport.advance() } }) else {
      throw TestFailure("the handshake does not end")
    }
  }

  var details: TLSDetails? { transport.details }

  /// Sends all the bytes, reading meanwhile; returns what came.
  @discardableResult
  func send(_ bytes: [UInt8]) throws -> [UInt8] {
    var rest = bytes[...]
    var received: [UInt8] = []
    let isSent = try eventually(within: .seconds(60)) {
      rest = try rest.dropFirst(transport.send(rest))
      if transport.heldOutput > 0 { try transport.flush() }
      if case .bytes(let count) = try transport.receive(into: &buffer) {
        received += buffer[..<count]
      }
      return rest.isEmpty && transport.heldOutput == 0
    }
    guard isSent else { throw TestFailure("\(rest.count) bytes were not taken") }
    return received
  }

  /// What comes until there are so many bytes.
  func receive(_ count: Int) throws -> [UInt8] {
    var received: [UInt8] = []
    let isThere = try eventually(within: .seconds(60)) {
      while received.count < count, case .bytes(let part) = try transport.receive(into: &buffer) {
        received += buffer[..<part]
      }
      return received.count >= count
    }
    guard isThere else { throw TestFailure("only \(received.count) of \(count) bytes came") }
    return received
  }

  /// Sends a line and returns the server's line.
  func exchange(_ line: String) throws -> String {
    var answer = try send(Array("\(line)\n".utf8))
    answer += try receive(line.utf8.count + 1 - answer.count)
    return String(decoding: answer.dropLast(), as: UTF8.self)
  }

  /// Whether the stream comes to its end.
  func ends() throws -> Bool {
    try eventually { try transport.receive(into: &buffer) == .end }
  }
}

/// The failure of an attempt to connect, by the handshake or by the first bytes after it.
func tlsFailure(_ attempt: () throws -> Void) throws -> TLSFailure {
  do {
    try attempt()
  } catch let failure as TLSFailure {
    return failure
  } catch TransportError.tls(let failure) {
    return failure
  }
  throw TestFailure("the attempt did not fail")
}

extension TLSOptions {
  /// Trusts the tests' own authority.
  static func test() throws -> Self {
    try TLSOptions(trust: .file(TestCertificates.shared().path("ca.pem")))
  }
}
