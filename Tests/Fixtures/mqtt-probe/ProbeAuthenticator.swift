import EventLoop
import MQTTClient

/// An authenticator whose answers come from the driver of the probe: challenges are events, and the
/// operation `auth` answers them.
final class ProbeAuthenticator: Authenticator {
  private struct State: Sendable {
    var first: Bytes?
    var waiter: CheckedContinuation<Bytes?, any Error>?
    var answer: Bytes??
  }

  struct Ended: Error {}

  let method: String
  private let state: Locked<State>

  init(method: String, data: Bytes?) {
    self.method = method
    state = Locked(State(first: data))
  }

  func makeExchange(for purpose: AuthenticationPurpose) -> any AuthenticationExchange {
    ProbeExchange(authenticator: self)
  }

  /// What the next exchange begins with.
  func setFirst(_ data: Bytes?) { state.withLock { $0.first = data } }

  var first: Bytes? { state.withLock { $0.first } }

  /// Answers the challenge that waits; false if none does.
  func answer(_ data: Bytes?) -> Bool {
    let waiter = state.withLock { exchange(&$0.waiter, with: nil) }
    waiter?.resume(returning: data)
    return waiter != nil
  }

  func end() {
    let waiter = state.withLock { exchange(&$0.waiter, with: nil) }
    waiter?.resume(throwing: Ended())
  }

  func nextAnswer() async throws -> Bytes? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        state.withLock { $0.waiter = continuation }
        if Task.isCancelled { end() }
      }
    } onCancel: {
      end()
    }
  }

  func report(_ data: Bytes?) {
    var event = ProbeObject(["ev": "auth", "method": method])
    event.set("data", bytes: data)
    ProbeOutput.write(event)
  }
}

private struct ProbeExchange: AuthenticationExchange {
  let authenticator: ProbeAuthenticator

  func start() async throws -> Bytes? { authenticator.first }

  func respond(to challenge: AuthenticationMessage) async throws -> AuthenticationMessage {
    async let answer = authenticator.nextAnswer()
    authenticator.report(challenge.data)
    return AuthenticationMessage(try await answer)
  }

  func finish(_ last: AuthenticationMessage) async throws {
    if let data = last.data { authenticator.report(data) }
  }
}
