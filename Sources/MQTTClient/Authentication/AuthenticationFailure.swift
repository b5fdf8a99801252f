/// Why an exchange of enhanced authentication did not succeed.
public enum AuthenticationFailure: Error, Equatable, Sendable {
  /// The authenticator threw an error with this description.
  case authenticator(String)
  /// The broker refused with this reason code, in CONNACK or DISCONNECT.
  case refused(ReasonCode)
  case timedOut
  /// The connection ended for another reason before the exchange did.
  case connectionLost
  /// The client was stopped.
  case stopped
}

extension AuthenticationFailure: CustomStringConvertible {
  /// A sentence without secrets.
  public var description: String {
    switch self {
    case .authenticator(let text): "the authenticator gave up: \(text)"
    case .refused(let code): "the broker refused: \(code)"
    case .timedOut: "the authentication took too long"
    case .connectionLost: "the connection ended during the authentication"
    case .stopped: "the client was stopped during the authentication"
    }
  }
}

/// What became of the wish to authenticate again.
public enum ReauthenticationOutcome: Equatable, Sendable {
  case succeeded
  /// It has begun and failed, which ends the connection unless only `start` of the exchange threw.
  case failed(AuthenticationFailure)
  /// Nothing was sent.
  case notStarted(ReauthenticationObstacle)
}

/// What keeps a re-authentication from starting.
public enum ReauthenticationObstacle: Equatable, Sendable {
  case notConnected
  /// The options have no authenticator.
  case noAuthenticator
  /// Another one is going on, and only one can.
  case inProgress
}

/// What happens during an exchange of enhanced authentication.
public enum AuthenticationEvent: Equatable, Sendable {
  case started(AuthenticationPurpose)
  case challenged
  case succeeded(AuthenticationPurpose)
  case failed(AuthenticationPurpose, AuthenticationFailure)
}
