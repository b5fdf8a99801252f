/// Proves a password by SCRAM-SHA-256 without sending it, and makes the broker prove that it knows
/// it too. [RFC 5802] [RFC 7677]
///
/// The messages travel in CONNECT, AUTH and CONNACK. A broker whose proof is wrong or missing is left
/// before anything is published, delivered or subscribed. Descriptions show neither name nor password.
///
/// User name and password must be in Unicode's normalisation form KC already, which ASCII always is:
/// SASLprep is applied as far as it refuses control characters. [RFC 4013]
public struct ScramSHA256Authenticator: Authenticator {
  /// `SCRAM-SHA-256`.
  public let method = "SCRAM-SHA-256"

  let username: String
  let password: String
  let iterations: ClosedRange<Int>
  private let nonce: (@Sendable () -> String)?

  /// Makes an authenticator for one user.
  ///
  /// The broker says how many iterations protect the password. Fewer than `minimumIterations` would
  /// make it too easy to guess for whoever plays the broker; the default is the least that RFC 7677
  /// allows. More than `maximumIterations` would keep a thread busy: a million take about half a
  /// second. Either fails the exchange. Name and password without control characters, else every
  /// exchange fails.
  public init(
    username: String, password: String, minimumIterations: Int = 4096,
    maximumIterations: Int = 1_000_000
  ) {
    self.init(
      username: username, password: password,
      iterations: minimumIterations...max(minimumIterations, maximumIterations),
      nonce: nil)
  }

  /// With nonces of the caller's choice, for the examples of the specification.
  init(
    username: String, password: String, iterations: ClosedRange<Int> = 4096...1_000_000,
    nonce: (@Sendable () -> String)?
  ) {
    self.username = username
    self.password = password
    self.iterations = iterations
    self.nonce = nonce
  }

  /// A new exchange with a nonce of its own.
  public func makeExchange(for purpose: AuthenticationPurpose) -> any AuthenticationExchange {
    ScramExchange(username, password, iterations, nonce: nonce?())
  }
}

extension ScramSHA256Authenticator: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The method only.
  public var description: String { "ScramSHA256Authenticator(hidden)" }

  /// The method only.
  public var debugDescription: String { description }

  /// The method only.
  public var customMirror: Mirror { Mirror(self, children: ["method": method]) }
}

/// Why a SCRAM exchange failed; the description names nothing secret.
public enum ScramError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The user name or the password has a control character.
  case credentialsNotAllowed
  /// The broker's message is none that SCRAM has at this point.
  case unexpectedMessage
  /// The broker's nonce does not begin with ours: the message belongs to another exchange.
  case nonceMismatch
  /// The broker wants so many iterations, which is outside what the client accepts.
  case iterationsOutOfRange(Int)
  /// The broker needs an extension of SCRAM.
  case extensionRequired
  /// The broker says no, in SCRAM's own words, such as `invalid-proof`.
  case refused(String)
  /// The broker did not prove that it knows the password.
  case serverNotProved
  /// The system has no randomness or hash function.
  case cryptography(String)

  /// A sentence without secrets.
  public var description: String {
    switch self {
    case .credentialsNotAllowed: "the user name or password has a control character"
    case .unexpectedMessage: "the broker's SCRAM message is malformed"
    case .nonceMismatch: "the broker answered with another nonce"
    case .iterationsOutOfRange(let count): "the broker wants \(count) iterations"
    case .extensionRequired: "the broker needs an unknown extension of SCRAM"
    case .refused(let word): "the broker refused: \(word)"
    case .serverNotProved: "the broker did not prove that it knows the password"
    case .cryptography(let text): text
    }
  }
}
