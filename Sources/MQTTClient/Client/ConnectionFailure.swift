/// Why there is no connection, in a form to decide by and one to show.
///
/// It says whose fault it was, never a secret.
public struct ConnectionFailure: Error, Equatable, Sendable {
  /// What went wrong, in kinds that call for different reactions.
  public enum Kind: Equatable, Hashable, Sendable, CaseIterable {
    /// The name lookup failed.
    case nameNotResolved
    /// No address of the broker could be connected.
    case unreachable
    /// TLS said no: a certificate, a version, a cipher.
    case tls
    /// The WebSocket handshake or a proxy said no.
    case handshakeRefused
    /// CONNACK said no; `reasonCode` says why.
    case refused
    /// Enhanced authentication failed on the client's side; `detail` says why.
    case authenticationFailed
    /// The broker sent DISCONNECT; `reasonCode` says why.
    case closedByBroker
    /// The connection ended without a word.
    case connectionLost
    /// The broker broke the protocol; `reasonCode` is what it was told.
    case protocolViolation
    /// The connect time-out passed before CONNACK.
    case connectTimeout
    /// No answer to a ping.
    case pingTimeout
    /// A packet was not acknowledged in time.
    case acknowledgementTimeout
    /// The broker took no bytes for too long.
    case writeStalled
    /// Something of our own stood in the way: an option, or the system's limits.
    case local
  }

  /// What went wrong.
  public let kind: Kind
  /// What the broker said, or was told.
  public let reasonCode: ReasonCode?
  /// The broker's own words. [MQTT 5.0, 3.2.2.3.9]
  public let reasonString: String?
  /// Whether a later attempt can succeed without anybody changing anything.
  public let isRetryable: Bool
  /// What was seen in detail, such as a report for each address that was tried.
  public let detail: String?

  package init(
    _ kind: Kind, reasonCode: ReasonCode? = nil, reasonString: String? = nil,
    isRetryable: Bool = true, detail: String? = nil
  ) {
    self.kind = kind
    self.reasonCode = reasonCode
    self.reasonString = reasonString
    self.isRetryable = isRetryable
    self.detail = detail
  }
}

extension ConnectionFailure: CustomStringConvertible {
  /// One sentence for a log or a person.
  public var description: String {
    var text = sentence
    if let reasonCode { text += ": \(reasonCode)" }
    if let reasonString { text += " (\(reasonString))" }
    if let detail { text += ": \(detail)" }
    return text
  }

  private var sentence: String {
    switch kind {
    case .nameNotResolved: "the broker's name cannot be resolved"
    case .unreachable: "the broker cannot be reached"
    case .tls: "TLS failed"
    case .handshakeRefused: "the WebSocket server or proxy refused"
    case .refused: "the broker refused the connection"
    case .authenticationFailed: "the authentication failed"
    case .closedByBroker: "the broker closed the connection"
    case .connectionLost: "the connection was lost"
    case .protocolViolation: "the broker broke the protocol"
    case .connectTimeout: "the broker did not answer in time"
    case .pingTimeout: "the broker did not answer a ping in time"
    case .acknowledgementTimeout: "the broker did not acknowledge in time"
    case .writeStalled: "the broker took no bytes for too long"
    case .local: "the connection cannot be made"
    }
  }
}

extension ConnectionFailure {
  package init(_ reason: DownReason, detail: LinkError?) {
    let detail = detail?.description
    switch reason {
    case .linkFailed(let failure): self.init(failure, detail: detail)
    case .refused(let code, let text):
      self.init(
        .refused, reasonCode: code, reasonString: text, isRetryable: !code.isLastingRefusal)
    case .closedByBroker(let code, let text):
      self.init(
        .closedByBroker, reasonCode: code, reasonString: text,
        isRetryable: !code.isLastingRefusal)
    case .violation(let code):
      self.init(.protocolViolation, reasonCode: code, detail: detail)
    case .connectTimeout: self.init(.connectTimeout, detail: detail)
    case .pingTimeout: self.init(.pingTimeout)
    case .acknowledgementTimeout: self.init(.acknowledgementTimeout)
    case .authenticationFailed(let failure):
      self.init(.authenticationFailed, detail: failure.description)
    case .optionsInvalid(let error):
      self.init(.local, isRetryable: false, detail: "the options cannot be sent: \(error)")
    }
  }

  private init(_ failure: LinkFailure, detail: String?) {
    switch failure {
    case .nameNotResolved(let text): self.init(.nameNotResolved, detail: detail ?? text)
    case .connectFailed: self.init(.unreachable, detail: detail)
    case .timedOut: self.init(.connectTimeout, detail: detail)
    case .secureChannelFailed(let text): self.init(.tls, detail: detail ?? text)
    case .handshakeRefused(let text): self.init(.handshakeRefused, detail: detail ?? text)
    case .notPrepared(let text): self.init(.local, detail: detail ?? text)
    case .closedByPeer, .transferFailed: self.init(.connectionLost, detail: detail)
    case .writeStalled: self.init(.writeStalled)
    }
  }
}

extension ReasonCode {
  /// Whether the broker would say this again however often it is asked.
  package var isLastingRefusal: Bool {
    switch self {
    case .unsupportedProtocolVersion, .clientIdentifierNotValid, .badUsernameOrPassword,
      .notAuthorized, .banned, .badAuthenticationMethod:
      true
    default: false
    }
  }
}
