import EventLoop

/// A message with several consumers in this process, acknowledged when all of them have settled.
package final class SharedDelivery: Sendable {
  package let token: AckToken
  package let topic: String
  private let state: Locked<(open: Int, reasonCode: ReasonCode)>

  package init(_ token: AckToken, topic: String, consumers: Int) {
    self.token = token
    self.topic = topic
    state = Locked((consumers, .success))
  }

  /// One consumer is done; returns the reason code for the broker when it was the last.
  ///
  /// A refusal of one consumer is the refusal of all.
  package func settle(_ reasonCode: ReasonCode) -> ReasonCode? {
    state.withLock { state in
      state.open -= 1
      if reasonCode.isFailure { state.reasonCode = reasonCode }
      return state.open == 0 ? state.reasonCode : nil
    }
  }
}
