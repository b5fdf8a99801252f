/// Whether the broker still has the session that we know.
enum SessionContinuity: Equatable {
  case kept
  /// The broker has a session, which may be younger than ours.
  ///
  /// 1. The broker lost the session, 2. our CONNECT made a new one, 3. the link died before we read
  /// the CONNACK that says so, 4. the next CONNACK finds that new session present. So after a CONNECT
  /// without an answer "present" proves nothing.
  case doubtful
  case lost

  init(_ ack: ConnectAck, isGreetingUnanswered: Bool) {
    self = !ack.sessionPresent ? .lost : isGreetingUnanswered ? .doubtful : .kept
  }
}
