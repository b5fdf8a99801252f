package import EventLoop

/// A byte stream to the broker that never blocks, driven by the one thread that owns it.
///
/// A transport may stand on another one (WebSocket on TLS on TCP). The owner watches `descriptor`
/// for what it wants itself (to read, and to write while bytes wait) together with `needs`, and on
/// every readiness calls `advance` until that returns true, from then on `receive`, `send` and, while
/// there is `heldOutput`, `flush`. The stream closes with the last reference.
package protocol Transport: AnyObject {
  /// For the owner's poller; it never changes.
  var descriptor: Int32 { get }

  /// What the layers themselves wait for now: a handshake that must write, for example.
  var needs: Poller.Interest { get }

  /// Whether a layer holds bytes that the poller cannot see.
  var holdsInput: Bool { get }

  /// Whether bytes wait to be read, in a layer or in the system.
  var hasUnreadInput: Bool { get }

  /// Bytes for the peer that the layers have accepted or made (TLS records, pongs) and still hold.
  var heldOutput: Int { get }

  /// When `timerFired` is wanted; nil for never.
  var nextDeadline: Duration? { get }

  /// Goes on with the handshakes; true once the stream carries MQTT.
  func advance() throws(TransportError) -> Bool

  /// Reads what has arrived into the front of `buffer`.
  func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received

  /// Takes bytes for the peer and returns how many, zero when none fit now.
  ///
  /// A layer with held output that the peer does not take accepts nothing more.
  func send(_ bytes: Bytes) throws(TransportError) -> Int

  /// Passes on held output, as far as the peer takes it.
  func flush() throws(TransportError)

  /// The time of `nextDeadline` has come, or another input gives the time of this turn.
  func timerFired(at now: Duration) throws(TransportError)

  /// Tells the peer that nothing more will come; reading goes on.
  ///
  /// It may be called again and again: a layer first says its own goodbye, and passes the call on
  /// once that has left.
  func shutDownSending()
}

extension Transport {
  package var heldOutput: Int { 0 }
  package var nextDeadline: Duration? { nil }
  package func flush() throws(TransportError) {}
  package func timerFired(at now: Duration) throws(TransportError) {}
}

/// Why a byte stream ended other than by the peer's wish.
package enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
  case system(SystemError)
  case tls(TLSFailure)
  case webSocket(WebSocketFailure)
  case proxy(ProxyFailure)

  package var description: String {
    switch self {
    case .system(let error): error.description
    case .tls(let failure): failure.description
    case .webSocket(let failure): failure.description
    case .proxy(let failure): failure.description
    }
  }
}
