/// Why a link could not be opened, or ended without the session asking for it.
package enum LinkFailure: Error, Equatable, Sendable {
  case nameNotResolved(String)
  /// With the system's error number.
  case connectFailed(Int32)
  case timedOut
  case secureChannelFailed(String)
  /// A proxy or the WebSocket handshake said no.
  case handshakeRefused(String)
  /// Something of our own stood in the way: the application's hook, or an impossible option.
  case notPrepared(String)
  case closedByPeer
  /// Reading or writing failed with this system error number.
  case transferFailed(Int32)
  /// The peer took no bytes for too long.
  case writeStalled
}

/// Why there is no connection to the broker.
package enum DownReason: Equatable, Sendable {
  case linkFailed(LinkFailure)
  /// CONNACK said no.
  case refused(ReasonCode, reasonString: String?)
  /// The broker sent DISCONNECT.
  case closedByBroker(ReasonCode, reasonString: String?)
  /// The broker broke the protocol; the code is what it was told.
  case violation(ReasonCode)
  case connectTimeout
  case pingTimeout
  case acknowledgementTimeout
  /// The exchange of enhanced authentication did not succeed on our side.
  case authenticationFailed(AuthenticationFailure)
  /// No CONNECT can express the options.
  case optionsInvalid(EncodeError)
}

/// How the link ends.
package enum LinkClosing: Equatable, Sendable {
  /// Write what was sent before, within a deadline of the link's own, then close.
  case afterWrites
  case immediately
}
