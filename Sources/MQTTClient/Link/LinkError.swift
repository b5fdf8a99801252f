package import EventLoop

/// What the link itself saw go wrong, in more detail than the session needs to decide.
package enum LinkError: Error, Equatable, Sendable {
  case nameNotResolved(host: String, ResolutionError)
  /// No address of the broker could be connected: a report for each.
  case notConnected([Dialer.AddressFailure])
  /// The session's patience ended during this step.
  case timedOut(LinkStep)
  /// A layer above the socket could not be set up during this step.
  case handshakeFailed(LinkStep, TransportError)
  case transferFailed(TransportError)
  case closedByPeer(LinkStep)
  case writeStalled
  /// A packet that the protocol forbids; an option of the session has an impossible value.
  case notEncodable(EncodeError)
  /// The broker sent what is no MQTT.
  case malformed(DecodeError)
  /// The broker sent us away from TLS to servers without it.
  case redirectNotSecure
  /// The system could not watch another descriptor.
  case notWatched(SystemError)
}

/// How far a link has come.
package enum LinkStep: Equatable, Sendable {
  /// The application's hook, or its connector, is at work.
  case preparing
  case resolving
  case dialling
  /// The proxy is asked to let us through.
  case proxy
  case tls
  case webSocket
  /// Connected, and waiting for CONNACK.
  case connecting
  case up
}

extension LinkError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .nameNotResolved(let host, let error): "\(host): \(error)"
    case .notConnected(let failures): failures.map(\.description).joined(separator: ", ")
    case .timedOut(let step): "no answer while \(step)"
    case .handshakeFailed(_, let error), .transferFailed(let error): error.description
    case .closedByPeer(let step): "the broker closed the connection while \(step)"
    case .writeStalled: "the broker takes no more bytes"
    case .notEncodable(let error): "a packet cannot be sent: \(error)"
    case .malformed(let error): "malformed packet: \(error)"
    case .redirectNotSecure: "the broker named only servers without TLS"
    case .notWatched(let error): error.description
    }
  }

  /// The same in the session's words.
  var failure: LinkFailure {
    switch self {
    case .nameNotResolved(_, let error): .nameNotResolved(error.description)
    case .notConnected(let failures): .connectFailed(failures.lastErrorNumber)
    case .timedOut: .timedOut
    case .handshakeFailed(_, .system(let error)): .connectFailed(error.number)
    case .transferFailed(.system(let error)): .transferFailed(error.number)
    case .handshakeFailed(_, .tls(let failure)), .transferFailed(.tls(let failure)):
      .secureChannelFailed(failure.description)
    case .handshakeFailed(_, let error), .transferFailed(let error):
      .handshakeRefused(error.description)
    case .closedByPeer: .closedByPeer
    case .writeStalled: .writeStalled
    case .notEncodable, .malformed: .closedByPeer
    case .redirectNotSecure: .handshakeRefused(description)
    case .notWatched(let error): .connectFailed(error.number)
    }
  }
}

extension [Dialer.AddressFailure] {
  /// Of the last address that answered at all; zero if none did.
  fileprivate var lastErrorNumber: Int32 {
    for failure in reversed() {
      if case .refused(let error) = failure.reason { return error.number }
    }
    return 0
  }
}
