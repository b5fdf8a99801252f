@testable import MQTTClient

/// Outgoing publishes with the packet identifiers, limits and actions they need.
struct OutgoingHarness: ~Copyable {
  var publishes: OutgoingPublishes
  var ids = PacketIDs()
  var now = Duration.zero
  private var actions: [SessionAction] = []

  init(_ change: (inout SessionOptions) -> Void = { _ in }) {
    var options = SessionOptions(clientID: "c")
    change(&options)
    publishes = OutgoingPublishes(options)
  }

  static func message(
    _ topic: String = "t", _ qos: QoS = .atLeastOnce, payload: Bytes = []
  ) -> Publish {
    Publish(topic: topic, payload: payload, qos: qos)
  }

  static func limits(
    sessionPresent: Bool, _ change: (inout BrokerLimits) -> Void = { _ in }
  ) -> BrokerLimits {
    var limits = BrokerLimits()
    limits.sessionPresent = sessionPresent
    change(&limits)
    return limits
  }

  private mutating func takeActions() -> [SessionAction] {
    defer { actions = [] }
    return actions
  }

  mutating func connect(
    sessionPresent: Bool = true, continuity: SessionContinuity? = nil,
    _ change: (inout BrokerLimits) -> Void = { _ in }
  ) -> [SessionAction] {
    let limits = Self.limits(sessionPresent: sessionPresent, change)
    publishes.linkAccepted(
      limits, continuity ?? (sessionPresent ? .kept : .lost), &ids, at: now, &actions)
    publishes.pump(&ids, at: now, &actions)
    return takeActions()
  }

  mutating func publish(
    _ key: UInt64, _ qos: QoS = .atLeastOnce, id: PacketID? = nil,
    progress: PublishRequest.Progress = .new
  ) -> [SessionAction] {
    publish(
      PublishRequest(
        key: key, publish: Self.message("t", qos), packetID: id ?? PacketID(key),
        progress: progress))
  }

  mutating func publish(_ request: PublishRequest) -> [SessionAction] {
    publishes.publish(request, &ids, at: now, &actions)
    return takeActions()
  }

  mutating func ack(_ id: PacketID, _ code: ReasonCode = .success) -> [SessionAction] {
    publishes.receivedAck(PublishReply(id, code), &ids, &actions)
    publishes.pump(&ids, at: now, &actions)
    return takeActions()
  }

  mutating func received(_ id: PacketID, _ code: ReasonCode = .success) -> [SessionAction] {
    publishes.receivedReceived(PublishReply(id, code), &ids, at: now, &actions)
    publishes.pump(&ids, at: now, &actions)
    return takeActions()
  }

  mutating func complete(_ id: PacketID, _ code: ReasonCode = .success) -> [SessionAction] {
    publishes.receivedComplete(PublishReply(id, code), &ids, &actions)
    publishes.pump(&ids, at: now, &actions)
    return takeActions()
  }

  mutating func recorded(_ key: UInt64) -> [SessionAction] {
    publishes.receivedRecorded(key: key, at: now, &actions)
    return takeActions()
  }

  mutating func restartRecorded(_ key: UInt64) -> [SessionAction] {
    publishes.restartRecorded(key: key)
    publishes.pump(&ids, at: now, &actions)
    return takeActions()
  }

  mutating func cancel(_ key: UInt64, answersSent: Bool = false) -> [SessionAction] {
    publishes.cancel(key: key, answersSent: answersSent, &actions)
    return takeActions()
  }

  @discardableResult
  mutating func lose(
    _ evidence: PoisonEvidence = .none, isQuiet: Bool = true
  ) -> [SessionAction] {
    publishes.judge(evidence, isQuiet: isQuiet)
    publishes.linkLost(&actions)
    return takeActions()
  }

  /// Moves the clock and fires the timer, whether it is due or not.
  mutating func advance(_ time: Duration) -> [SessionAction] {
    now += time
    publishes.timerFired(&ids, at: now, &actions)
    return takeActions()
  }

  mutating func stop() -> [SessionAction] {
    publishes.linkLost(&actions)
    publishes.stopped(&ids, &actions)
    return takeActions()
  }
}

extension SessionAction {
  /// PUBLISH of the harness's message.
  static func publish(
    _ id: PacketID, _ qos: QoS = .atLeastOnce, isDuplicate: Bool = false
  ) -> SessionAction {
    .send(
      .publish(Publish(topic: "t", payload: [], qos: qos, isDuplicate: isDuplicate, packetID: id)))
  }

  static func release(_ id: PacketID, _ code: ReasonCode = .success) -> SessionAction {
    .send(.publishRelease(PublishReply(id, code)))
  }

  static func acknowledged(
    _ key: UInt64, _ code: ReasonCode = .success, isUncertain: Bool = false
  ) -> SessionAction {
    .finished(key, .acknowledged(code, reasonString: nil, isUncertain: isUncertain))
  }
}
