/// A link that goes through several servers.
extension Session {
  /// The link gave up a server that had not accepted us, and turns to another one within the same
  /// connect time-out.
  package mutating func linkMovedOn(_ actions: inout [Action]) {
    guard case .greeting(let until) = state else { return }
    authExchange.end(.connectionLost, &actions)
    if isConnectSent { isGreetingUnanswered = true }
    isConnectSent = false
    pendingAck = nil
    heldPackets = []
    overrides = nil
    state = .opening(until: until)
  }
}
