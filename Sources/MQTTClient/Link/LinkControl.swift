import EventLoop

/// What other threads tell a link beside the application's messages.
///
/// Bounded without a limit of its own: one answer per running lookup and per question to a hook, and
/// the owner's stops.
enum LinkControl: Sendable {
  /// The answer to the name lookup of one attempt to connect.
  case resolved(attempt: UInt64, Result<[SocketAddress], ResolutionError>)
  case authenticated(number: UInt64, AuthenticationAnswer)
  case redirectDecided(number: UInt64, RedirectDecision)
  /// The oldest write to the session's store is durable, but for these publishes.
  case recorded(Set<UInt64>)
  case stop(SessionEnding, deadline: Duration)
}
