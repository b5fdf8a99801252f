import EventLoop

/// Sockets on which everything is said, kept until the peer has had the time to read it.
///
/// Closing a socket while bytes of the peer are still unread resets the connection, and the
/// peer may lose our last words: a refusal that came before the end of an upload, for example.
/// So what still arrives is thrown away for a moment. When too many linger, the next is closed
/// at once.
final class LingeringSockets {
  static let countMax = 1024
  private static let patience = Duration.seconds(2)

  private let loop: Loop
  private var sockets: [UInt64: Int32] = [:]
  private var lastSerial: UInt64 = 0

  init(loop: Loop) { self.loop = loop }

  var isEmpty: Bool { sockets.isEmpty }

  /// Takes over a socket that is not watched.
  func add(_ socket: Int32) {
    StreamSocket.finishWriting(socket)
    lastSerial += 1
    let token = LoopToken(.lingering, lastSerial)
    guard sockets.count < Self.countMax,
      (try? loop.watch(socket, [.readable, .peerClosed], token)) != nil
    else { return StreamSocket.close(socket) }
    sockets[lastSerial] = socket
    loop.schedule(token, at: loop.now + Self.patience)
  }

  func readable(_ token: LoopToken) {
    guard let socket = sockets[token.value] else { return }
    if !StreamSocket.discardInput(of: socket) { close(token) }
  }

  func timerFired(_ token: LoopToken) { close(token) }

  func closeAll() {
    for socket in sockets.values { StreamSocket.close(socket) }
    sockets.removeAll()
  }

  private func close(_ token: LoopToken) {
    guard let socket = sockets.removeValue(forKey: token.value) else { return }
    StreamSocket.close(socket)
  }
}
