/// Why a proxy did not let us through.
public enum ProxyFailure: Error, Equatable, Sendable {
  /// The proxy wants credentials, or others; the text is its status line.
  case authenticationRequired(String)
  /// The proxy answered CONNECT with this status line.
  case refused(String)
  /// The SOCKS proxy accepts none of the ways to authenticate that we have.
  case noAcceptableMethod
  /// The SOCKS proxy does not accept user name and password. [RFC 1929]
  case credentialsRejected
  /// The SOCKS proxy could not connect; the code of its reply. [RFC 1928, section 6]
  case socksReply(UInt8)
  /// What the proxy said is not its protocol.
  case malformed(String)
  /// The proxy closed the connection before it answered.
  case closed
  /// The server's name or the credentials cannot be expressed in the proxy's protocol.
  case notExpressible(String)
}

extension ProxyFailure: CustomStringConvertible {
  /// A sentence in words, without secrets.
  public var description: String {
    switch self {
    case .authenticationRequired(let status): "the proxy wants credentials: \(status)"
    case .refused(let status): "the proxy refused: \(status)"
    case .noAcceptableMethod: "the proxy accepts none of our ways to authenticate"
    case .credentialsRejected: "the proxy does not accept user name and password"
    case .socksReply(let code): "the proxy could not connect: \(Self.words(of: code))"
    case .malformed(let what): "the proxy does not speak its protocol: \(what)"
    case .closed: "the proxy closed the connection before it answered"
    case .notExpressible(let what): "the proxy cannot be asked: \(what)"
    }
  }

  private static func words(of reply: UInt8) -> String {
    switch reply {
    case 1: "general failure"
    case 2: "its rules do not allow the connection"
    case 3: "the network cannot be reached"
    case 4: "the host cannot be reached"
    case 5: "connection refused"
    case 6: "too many hops"
    case 7: "it does not know the command"
    case 8: "it does not know the kind of address"
    default: "reply code \(reply)"
    }
  }
}
