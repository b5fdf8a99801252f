@testable import MQTTClient

/// Servers that send the client to another one, which has the same session or none.
extension Simulation {
  /// What the broker says to CONNECT in place of success.
  mutating func refusal() -> ConnectAck? {
    guard isChaos, chance(20) else { return nil }
    guard options.version == .v5, chance(50) else {
      return ConnectAck(sessionPresent: false, reasonCode: .serverUnavailable)
    }
    let referral = referral()
    var ack = ConnectAck(sessionPresent: false, reasonCode: referral.reasonCode)
    ack.properties.serverReference = referral.serverReference
    return ack
  }

  /// A broker's wish to see the client elsewhere, which may be unreadable.
  mutating func referral() -> Disconnect {
    let references = ["b:1", "c:1", "b:1 d:1", "e:1", "?", nil]
    return Disconnect(
      chance(50) ? .useAnotherServer : .serverMoved,
      serverReference: references[Int.random(in: 0..<references.count, using: &random)])
  }

  /// The client connects there from now on.
  mutating func redirect(_ newTarget: RedirectTarget?) {
    target = newTarget
    if newTarget != nil { redirections += 1 }
    guard isChaos, losesSessions, chance(30) else { return }
    if let brokerLink { endAtBroker(brokerLink) }
    broker.loseSession()
    application.brokerLostSession()
  }

  /// The application decides, too late or never at times.
  mutating func ask(_ number: UInt64, _ request: RedirectRequest) {
    if chance(10) { return }
    let event = SimulationEvent.applicationDecides(
      process: application.process, number, request)
    queue.add(event, at: now + delay(chance(80) ? 0...300 : 0...4000))
  }

  mutating func decide(_ number: UInt64, _ request: RedirectRequest) {
    let decision: RedirectDecision =
      chance(30) ? .stay : .follow(request.references, sendsCredentials: chance(50))
    give { $0.redirectDecided(number, decision, at: $1, &$2) }
  }

  /// Only servers that may have the application's secrets get them.
  mutating func checkSecrets(_ connect: Connect) {
    let isTrusted = target?.sendsCredentials ?? true
    if isTrusted != (connect.username != nil) { problems.append("user name at \(now)") }
    let wantsMethod = isTrusted && options.authenticator != nil
    if wantsMethod != (connect.properties.authenticationMethod != nil) {
      problems.append("authentication method at \(now)")
    }
  }
}
