import EventLoop

/// A listening socket from which we accept ourselves, and hand what comes to libmicrohttpd.
///
/// For TLS, so that new connections can go to another daemon than the old ones. And for the PROXY
/// protocol: its header is read here, and the connection goes on under the address that it names.
/// One that takes too long or says something else is closed without a word.
final class Door {
  private struct Waiting {
    let socket: Int32
    var bytes: [UInt8] = []
  }

  static let waitingMax = 1024
  static let patience = Duration.seconds(5)

  private let loop: Loop
  private let socket: Int32
  private let token: LoopToken
  /// Takes a socket over, with the address of the client if the header named one.
  private let admit: (Int32, ProxyHeader.Client) -> Void
  private let nextSerial: () -> UInt64
  private var waiting: [UInt64: Waiting] = [:]
  private let expectsHeader: Bool
  private let hasRoom: () -> Bool
  private var isClosed = false
  /// Nothing is accepted until there is room again.
  private var isPaused = false

  /// Takes over a listening socket; `nextSerial` names the connections that wait.
  init(
    loop: Loop, socket: Int32, index: Int, expectsHeader: Bool, hasRoom: @escaping () -> Bool,
    nextSerial: @escaping () -> UInt64, admit: @escaping (Int32, ProxyHeader.Client) -> Void
  ) throws(SystemError) {
    self.loop = loop
    self.socket = socket
    self.expectsHeader = expectsHeader
    self.hasRoom = hasRoom
    self.admit = admit
    self.nextSerial = nextSerial
    token = LoopToken(.door, UInt64(index))
    try loop.watch(socket, [.readable], token)
  }

  /// Accepts what has come.
  func accept() {
    while !isClosed {
      guard hasRoom() else { return pause() }
      guard let connection = StreamSocket.accept(from: socket) else { return }
      // A handshake is several small writes, none of which may wait for an acknowledgement.
      StreamSocket.sendAtOnce(connection)
      guard expectsHeader else {
        // One that has left already has no address, and nobody wants an answer.
        if SocketAddress(peerOf: connection) == nil {
          StreamSocket.close(connection)
        } else {
          admit(connection, .peer)
        }
        continue
      }
      let serial = nextSerial()
      let token = LoopToken(.proxied, serial)
      guard waiting.count < Self.waitingMax,
        (try? loop.watch(connection, [.readable], token)) != nil
      else {
        StreamSocket.close(connection)
        continue
      }
      waiting[serial] = Waiting(socket: connection)
      loop.schedule(token, at: loop.now + Self.patience)
    }
  }

  /// Accepts again if there is room.
  func goOn() {
    guard isPaused, !isClosed, hasRoom() else { return }
    isPaused = false
    loop.rewatch(socket, [.readable], token)
  }

  private func pause() {
    isPaused = true
    loop.rewatch(socket, [], token)
  }

  /// Reads what one connection says, unless it is of another door.
  func readable(_ token: LoopToken) {
    guard var connection = waiting[token.value] else { return }
    let known = connection.bytes.count
    // Only looked at: what comes behind the header is for libmicrohttpd.
    guard let seen = StreamSocket.peek(connection.socket, atMost: 4200 - known) else {
      return close(token)
    }
    guard !seen.isEmpty else { return }
    connection.bytes += seen
    switch ProxyHeader.read(connection.bytes) {
    case .malformed: close(token)
    case .incomplete:
      StreamSocket.take(seen.count, from: connection.socket)
      waiting[token.value] = connection
    case .complete(let count, let client):
      StreamSocket.take(count - known, from: connection.socket)
      waiting[token.value] = nil
      loop.unwatch(connection.socket)
      admit(connection.socket, client)
    }
  }

  /// A connection has had its time.
  func timerFired(_ token: LoopToken) { close(token) }

  /// Accepts nothing any more, and lets go of what waits.
  func quiesce() {
    guard !isClosed else { return }
    isClosed = true
    loop.unwatch(socket)
    StreamSocket.close(socket)
    for serial in Array(waiting.keys) { close(LoopToken(.proxied, serial)) }
  }

  private func close(_ token: LoopToken) {
    guard let connection = waiting.removeValue(forKey: token.value) else { return }
    loop.unwatch(connection.socket)
    StreamSocket.close(connection.socket)
  }
}
