/// Whether and when a client tries again to reach its broker.
public struct ReconnectPolicy: Equatable, Sendable {
  /// What a client does when another client with its client identifier took its session.
  public enum TakeOverResponse: Equatable, Sendable {
    /// Ends, because two clients that both came back would throw each other out for ever.
    case giveUp
    /// Comes back after the longest wait of the back-off.
    case waitLongest
  }

  /// The waits between attempts.
  public var backoff: Backoff
  /// The number of failures in a row after which the client gives up; nil tries for ever.
  ///
  /// A connection that the broker accepted starts the count again, and its end is the first failure.
  public var attemptsMaximum: Int?
  /// The number of refusals in a row for what the client is or knows, such as a wrong password, after
  /// which it gives up; nil tries for ever.
  ///
  /// More than one, because brokers also refuse so while their own user database is away.
  public var refusalsMaximum: Int?
  /// What happens after reason code 0x8E, which only MQTT 5 has.
  public var afterTakeOver: TakeOverResponse

  /// Makes a policy, by default one that never gives up except where trying again is harmful.
  public init(
    backoff: Backoff = Backoff(), attemptsMaximum: Int? = nil, refusalsMaximum: Int? = 5,
    afterTakeOver: TakeOverResponse = .giveUp
  ) {
    self.backoff = backoff
    self.attemptsMaximum = attemptsMaximum
    self.refusalsMaximum = refusalsMaximum
    self.afterTakeOver = afterTakeOver
  }

  /// One attempt to connect, and no second one when that fails or the connection ends.
  public static let never = Self(attemptsMaximum: 1)

  /// Tries for ever, whatever the broker says.
  public static let always = Self(refusalsMaximum: nil, afterTakeOver: .waitLongest)
}
