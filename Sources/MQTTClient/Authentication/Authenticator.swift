/// Proves who the client is by an exchange of messages with the broker. [MQTT 5.0, 4.12]
///
/// One authenticator serves a client for its whole life; every exchange is a new value, so nothing
/// of an exchange that a lost connection cut short can reach the next one.
public protocol Authenticator: Sendable {
  /// The name of the method, such as `SCRAM-SHA-256`; it must not change.
  var method: String { get }

  /// Makes the client's side of one exchange; called once per exchange, on any thread.
  func makeExchange(for purpose: AuthenticationPurpose) -> any AuthenticationExchange
}

/// The client's side of one exchange.
///
/// The calls come one at a time, in the order of the protocol, and never on the client's own thread;
/// so an `actor` is a natural implementation. Each of them may take its time: what bounds them all
/// together is `SessionOptions.authenticationTimeout` and, while connecting, the connect time-out.
/// When time is up the task of the call is cancelled and its answer ignored.
///
/// Any call may throw, which ends the exchange: while connecting it fails the attempt, and later it
/// ends the connection with "not authorized". The description of the error is shown in events and
/// errors, so it must hold no secret.
public protocol AuthenticationExchange: Sendable {
  /// The data that goes with CONNECT, or with the AUTH that begins a re-authentication.
  func start() async throws -> Bytes?

  /// The answer to a challenge of the broker.
  func respond(to challenge: AuthenticationMessage) async throws -> AuthenticationMessage

  /// The broker accepts the client: the last chance to refuse the broker.
  ///
  /// `last` is what came with CONNACK or with the successful AUTH. A method that also authenticates
  /// the broker checks it here and throws if it is wrong; nothing has been published, delivered or
  /// subscribed on the connection before this returns.
  func finish(_ last: AuthenticationMessage) async throws

  /// The exchange has failed, and nothing more is asked of it.
  func failed(_ failure: AuthenticationFailure) async
}

extension AuthenticationExchange {
  /// Has nothing to clean up.
  public func failed(_ failure: AuthenticationFailure) async {}
}

/// What an exchange is for.
public enum AuthenticationPurpose: Equatable, Sendable {
  /// A new connection.
  case connection
  /// The client wants to authenticate again on its connection.
  case reauthentication
  /// The broker wants that, which MQTT does not foresee; its challenge comes without `start`.
  case requestOfBroker
}

/// What one AUTH packet, or CONNACK, says about authentication.
///
/// No description shows the data.
public struct AuthenticationMessage: Equatable, Sendable {
  /// What the method defines; at most 65,535 bytes.
  public var data: Bytes?
  /// For people.
  public var reasonString: String?
  /// The names and values that come or go with it, in order.
  public var userProperties: [UserProperty]

  /// Makes a message.
  public init(
    _ data: Bytes? = nil, reasonString: String? = nil, userProperties: [UserProperty] = []
  ) {
    self.data = data
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}

extension AuthenticationMessage: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// How many bytes of data there are.
  public var description: String {
    "AuthenticationMessage(\(data.map { "\($0.count) bytes" } ?? "no data"))"
  }

  /// The same as `description`.
  public var debugDescription: String { description }

  /// Shows what `description` says.
  public var customMirror: Mirror { Mirror(self, children: ["message": description]) }
}
