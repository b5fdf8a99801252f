package import EventLoop

/// What the link itself saw go wrong, in more detail than the session needs to decide.
package enum LinkError: Error, Equatable, Sendable {
  /// The application's hook failed, with this description of its error.
  case preparationFailed(String)
  /// The application's connector failed, with this description of its error.
  case connectorFailed(String)
  /// The list of servers is empty.
  case noServers
  /// Every server that was tried failed: a report for each.
  case noServer([ServerFailure])
  case nameNotResolved(host: String, ResolutionError)
  /// No address of the broker or its proxy could be connected: a report for each.
  case notConnected([Dialer.AddressFailure])
  /// The Unix socket could not be connected.
  case socketNotConnected(SystemError)
  /// What the options name is no address of digits.
  case localAddressInvalid
  /// The session's patience, or the server's share of it, ended during this step.
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
package enum LinkStep: String, Equatable, Sendable {
  /// The application's hook, or its connector, is at work.
  case preparing
  case resolving
  case dialling
  /// TLS to the proxy.
  case proxyTLS = "securing the way to the proxy"
  /// The proxy is asked to let us through.
  case proxy = "asking the proxy"
  case tls = "negotiating TLS"
  case webSocket = "opening the WebSocket"
  /// Connected, and waiting for CONNACK.
  case connecting
  case up
}

extension LinkError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .preparationFailed(let text): "the attempt could not be prepared: \(text)"
    case .connectorFailed(let text): "the connector failed: \(text)"
    case .noServers: "there is no server to connect to"
    case .noServer(let failures): failures.map(\.description).joined(separator: "; ")
    case .nameNotResolved(let host, let error): "\(host): \(error)"
    case .notConnected(let failures): failures.map(\.description).joined(separator: ", ")
    case .socketNotConnected(let error): error.description
    case .localAddressInvalid: "the address to connect from is no IP address"
    case .timedOut(let step): "no answer while \(step.rawValue)"
    case .handshakeFailed(let step, .system(let error)): "while \(step.rawValue): \(error)"
    case .handshakeFailed(_, let error), .transferFailed(let error): error.description
    case .closedByPeer(let step): "the broker closed the connection while \(step.rawValue)"
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
    case .preparationFailed, .noServers, .localAddressInvalid: .notPrepared(description)
    case .connectorFailed: .connectFailed(0)
    case .noServer(let failures): failures.last?.error.failure ?? .connectFailed(0)
    case .nameNotResolved(_, let error): .nameNotResolved(error.description)
    case .notConnected(let failures): .connectFailed(failures.lastErrorNumber)
    case .socketNotConnected(let error): .connectFailed(error.number)
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
