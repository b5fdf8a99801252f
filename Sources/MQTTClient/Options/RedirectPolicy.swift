/// What a client does when its broker names another one. [MQTT 5.0, 4.11]
///
/// A broker can say so when it refuses a connection and when it ends one: "use another server" is
/// for the next connection only, "server moved" for all later ones, once the other server has
/// accepted the client. An address that the client has been sent to already, before any of them
/// accepted it, is a loop, and ends the redirection.
public struct RedirectPolicy: Sendable {
  /// Decides about one redirection; it runs outside the client's thread and may take its time, up
  /// to the connect time-out, after which the answer counts as `.stay`.
  public typealias Handler = @Sendable (RedirectRequest) async -> RedirectDecision

  enum Rule {
    case ignore
    case follow(sendsCredentials: Bool)
    case ask(Handler)
  }

  let rule: Rule
  /// The number of redirections in a row, without an accepted connection between them.
  let maximum: Int

  /// Stays with the configured servers and counts the answer as a refusal.
  public static let ignore = Self(rule: .ignore, maximum: 0)

  /// Goes where the broker says, at most `maximum` times in a row.
  ///
  /// The other server gets user name, password and authentication data only if `sendsCredentials`,
  /// since whoever can send a redirection could otherwise collect them. A client that reaches its
  /// broker through TLS does not follow to an address without it.
  public static func follow(maximum: Int = 3, sendsCredentials: Bool = false) -> Self {
    Self(rule: .follow(sendsCredentials: sendsCredentials), maximum: maximum)
  }

  /// Lets the application decide each time, at most `maximum` times in a row.
  public static func ask(maximum: Int = 3, _ handler: @escaping Handler) -> Self {
    Self(rule: .ask(handler), maximum: maximum)
  }
}

/// A broker's wish to see the client elsewhere.
public struct RedirectRequest: Equatable, Sendable {
  /// Where to, the best first.
  public let references: [ServerReference]
  /// Whether the broker means every later connection, and not only the next.
  public let isPermanent: Bool
  /// How many redirections came before this one without an accepted connection.
  public let followed: Int
}

/// What the application wants to do about a redirection.
public enum RedirectDecision: Equatable, Sendable {
  /// Try the configured servers again.
  case stay
  /// Go to one of these, the first first.
  case follow([ServerReference], sendsCredentials: Bool)
}
