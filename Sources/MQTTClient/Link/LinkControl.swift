import EventLoop

/// What other threads tell a link beside the application's messages.
///
/// Bounded without a limit of its own: one answer per question of an attempt or to a hook, and the
/// owner's stops.
enum LinkControl: Sendable {
  /// The answer to what an attempt to connect asked.
  case attempt(AttemptTicket, AttemptAnswer)
  case authenticated(number: UInt64, AuthenticationAnswer)
  case redirectDecided(number: UInt64, RedirectDecision)
  /// The oldest write to the session's store is durable, but for these publishes.
  case recorded(Set<UInt64>)
  case stop(SessionEnding, deadline: Duration)
}

/// One question of one attempt; an answer to any but the last is too late.
struct AttemptTicket: Equatable, Sendable {
  let attempt: UInt64
  var question: UInt64 = 0
}

/// What a thread or task that an attempt waits for has found out.
enum AttemptAnswer: Sendable {
  case prepared(Result<ConnectAttempt, HookFailure>)
  case signed(Result<WebSocketRequest, HookFailure>)
  case hosts(Result<[ServiceRecord], ResolutionError>)
  case addresses(Result<[SocketAddress], ResolutionError>)
  case connected(Result<HandedDescriptor, HookFailure>)
}

/// The description of an error that the application's code threw.
struct HookFailure: Error {
  let description: String
}
