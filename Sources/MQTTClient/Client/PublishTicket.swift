/// A publish that was accepted and whose outcome is still to come.
///
/// It can be asked any number of times, by any number of tasks. Dropping it changes nothing.
public struct PublishTicket: Sendable {
  private let operation: PublishOperation
  private let port: ClientPort

  init(_ operation: PublishOperation, _ port: ClientPort) {
    self.operation = operation
    self.port = port
  }

  /// What became of the publish, if that is known already.
  public var outcomeIfKnown: PublishOutcome? { operation.completion.value }

  /// Waits for what becomes of the publish.
  ///
  /// Waiting is only looking: cancelling the task ends the wait with `ClientError.cancelled`, and the
  /// publish goes on.
  public func outcome() async throws(ClientError) -> PublishOutcome {
    guard let outcome = await operation.completion.wait() else { throw .cancelled }
    return outcome
  }

  /// Takes the publish back.
  ///
  /// If nobody tried to send it yet, its outcome is `.cancelled`. Otherwise it is
  /// `.maybeSent(.cancelled)`, and the exchange with the broker is completed all the same.
  public func cancel() { port.cancel(operation) }
}

extension ClientPort {
  func cancel(_ operation: PublishOperation) {
    guard operation.cancel() != .nothing else { return }
    perform { application, link in application.publishes.cancel(operation, link) }
  }
}
