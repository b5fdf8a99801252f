import Foundation
import TestSupport

/// A proxy on this machine: a test's own handshake, and then the bytes of both sides.
enum RelayingProxy {
  /// Relays the next connection to a port of this machine once `handshake` has returned.
  static func start(
    to target: UInt16, _ handshake: @escaping @Sendable (LoopbackSocket) throws -> Void
  ) throws -> LoopbackListener {
    let listener = try LoopbackListener()
    Thread.detachNewThread {
      guard let peer = try? listener.accept(), (try? handshake(peer)) != nil,
        let broker = try? LoopbackSocket(port: target)
      else { return }
      while relay(peer, broker), relay(broker, peer) {}
    }
    return listener
  }

  /// Whether both sides still live.
  private static func relay(_ from: LoopbackSocket, _ to: LoopbackSocket) -> Bool {
    do {
      let received = try from.receive(until: Deadline(after: .milliseconds(2)))
      if let received { try to.send(received) }
      return received?.isEmpty != true
    } catch {
      return false
    }
  }

  /// Plays an HTTP proxy that lets everybody through; returns what was asked.
  @discardableResult
  static func answerConnect(
    _ socket: LoopbackSocket, with answer: String = "HTTP/1.1 200 OK\r\n\r\n"
  ) throws -> String {
    var request: [UInt8] = []
    while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      request += try socket.receive(exactly: 1)
    }
    try socket.send(answer)
    return String(decoding: request, as: UTF8.self)
  }

  /// Plays a SOCKS proxy that wants a login; returns the name and port that were asked for.
  @discardableResult
  static func answerSOCKS(_ socket: LoopbackSocket) throws -> (login: [UInt8], target: [UInt8]) {
    _ = try socket.receive(exactly: 4)
    try socket.send([5, 2])
    let nameHead = try socket.receive(exactly: 2)
    let name = try socket.receive(exactly: Int(nameHead[1]))
    let passwordCount = try socket.receive(exactly: 1)
    let password = try socket.receive(exactly: Int(passwordCount[0]))
    try socket.send([1, 0])
    let head = try socket.receive(exactly: 4)
    let count = head[3] == 3 ? Int(try socket.receive(exactly: 1)[0]) : 4
    let target = try socket.receive(exactly: count + 2)
    try socket.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    return (name + [58] + password, target)
  }
}
