import MQTTClient
@testable import Store
import Testing

@testable import Bridge

@Suite struct OutboxConsumerTests: ~Copyable {
  private var outbox = OutboxConsumer()
  private var actions: [OutboxConsumer.Action] = []
  private let now: Int64 = 1_000_000

  private mutating func take() -> [OutboxConsumer.Action] { exchange(&actions, with: []) }

  private mutating func up() { outbox.linkUp(at: now, &actions) }

  private mutating func feed(_ rows: OutboxRow...) { outbox.fed(rows, at: now, &actions) }

  private mutating func finish(_ key: UInt64, _ outcome: PublishOutcome) {
    outbox.finished(key, outcome, at: now, &actions)
  }

  private func publish(
    _ row: OutboxRow, _ progress: PublishRequest.Progress = .new, _ packetID: PacketID? = nil
  ) -> OutboxConsumer.Action {
    let message = StoredMessage.decode(row.body) ?? Publish(topic: "", payload: [])
    return .publish(
      PublishRequest(
        key: UInt64(row.sequence), publish: message, packetID: packetID, progress: progress))
  }

  private func finished(_ row: OutboxRow, _ outcome: MessageOutcome) -> OutboxConsumer.Action {
    .finished(MessageID(row.id), sequence: row.sequence, outcome)
  }

  @Test mutating func `rows wait for the link and go out in order`() {
    let rows = (1...3).map { OutboxRow.row($0) }
    feed(rows[0], rows[1])
    #expect(take().isEmpty)
    #expect(outbox.count == 2)
    up()
    #expect(take() == [publish(rows[0], .new, 1), publish(rows[1], .new, 2)])
    feed(rows[2])
    #expect(take() == [publish(rows[2], .new, 3)])
    outbox.linkDown()
    feed(.row(4))
    #expect(take().isEmpty)
  }

  @Test func `the packet identifier of a row depends on its sequence alone`() {
    let range = PacketIDs.callerRange
    #expect(OutboxConsumer.packetID(of: 1) == range.lowerBound)
    #expect(OutboxConsumer.packetID(of: Int64(range.count)) == range.upperBound)
    #expect(OutboxConsumer.packetID(of: Int64(range.count) + 1) == range.lowerBound)
    #expect(range.contains(OutboxConsumer.packetID(of: .max)))
  }

  @Test mutating func `QoS 1 is finished by its acknowledgement`() {
    let row = OutboxRow.row(1)
    up()
    feed(row)
    outbox.sent(1, &actions)
    finish(1, .acknowledged(.noMatchingSubscribers, reasonString: "r", isUncertain: true))
    let outcome = MessageOutcome(
      state: .acked, reasonCode: .noMatchingSubscribers, reasonString: "r", isUncertain: true)
    #expect(take() == [publish(row, .new, 1), .sent(MessageID(row.id)), finished(row, outcome)])
    #expect(outbox.count == 0)
    finish(1, .sent)
    #expect(take().isEmpty)
  }

  @Test mutating func `QoS 2 is released when its phase is on the disk`() {
    let row = OutboxRow.row(5, .exactlyOnce)
    up()
    feed(row)
    _ = take()
    outbox.received(5, &actions)
    #expect(take() == [.received(MessageID(row.id)), .advance(sequence: 5, phase: .received)])
    outbox.advanced([5], &actions)
    #expect(take() == [.releaseRecorded(key: 5)])
    outbox.advanced([5, 6], &actions)
    #expect(take().isEmpty)
    finish(5, .acknowledged(.success, reasonString: nil, isUncertain: false))
    #expect(take() == [finished(row, MessageOutcome(state: .acked))])
  }

  @Test mutating func `a release never overtakes the phase of a message that was restarted`() {
    up()
    feed(.row(5, .exactlyOnce))
    outbox.received(5, &actions)
    outbox.restarted(5, &actions)
    outbox.received(5, &actions)
    _ = take()
    outbox.advanced([5, 5], &actions)
    #expect(take().isEmpty)
    outbox.advanced([5], &actions)
    #expect(take() == [.releaseRecorded(key: 5)])
  }

  @Test mutating func `a restarted message goes out when it is new again on the disk`() {
    up()
    feed(.row(5, .exactlyOnce, phase: 2, wasLoaded: true))
    _ = take()
    outbox.restarted(5, &actions)
    #expect(take() == [.advance(sequence: 5, phase: .new)])
    outbox.advanced([5], &actions)
    #expect(take() == [.restartRecorded(key: 5)])
    outbox.advanced([5], &actions)
    #expect(take().isEmpty)
  }

  @Test(arguments: [true, false])
  mutating func `a message of a lost session is held, or goes out again`(holds: Bool) {
    outbox = OutboxConsumer(holdsUncertain: holds)
    let row = OutboxRow.row(1, .exactlyOnce)
    up()
    feed(row)
    _ = take()
    finish(1, .maybeSent(.sessionLost))
    #expect(take() == (holds ? [finished(row, .held)] : []))
    #expect(outbox.count == (holds ? 0 : 1))
    up()
    #expect(take() == (holds ? [] : [publish(row, .new, 1)]))
  }

  @Test mutating func `a message over which links ended is rejected with the reason`() {
    let row = OutboxRow.row(1)
    up()
    feed(row)
    _ = take()
    finish(1, .maybeSent(.quarantined(.malformedPacket)))
    let outcome = MessageOutcome(
      state: .rejected, reasonCode: .malformedPacket,
      reasonString: "the broker ended the connection over this message", isUncertain: true)
    #expect(take() == [finished(row, outcome)])
    #expect(!outcome.isHeld && MessageOutcome.held.isHeld)
  }

  @Test mutating func `rows of an earlier run continue in their phase`() {
    let sent = OutboxRow.row(1, wasLoaded: true)
    let received = OutboxRow.row(2, .exactlyOnce, phase: 2, expiresAt: 5, wasLoaded: true)
    up()
    feed(sent, received)
    #expect(take() == [publish(sent, .maybeSent, 1), publish(received, .received, 2)])
  }

  @Test mutating func `a row whose time is over is not sent`() {
    let late = OutboxRow.row(1, expiresAt: now)
    let loaded = OutboxRow.row(2, expiresAt: now - 1, wasLoaded: true)
    let early = OutboxRow.row(3, expiresAt: now + 1)
    up()
    feed(late, loaded, early)
    #expect(
      take() == [
        finished(late, MessageOutcome(state: .expired)),
        finished(loaded, MessageOutcome(state: .expired, isUncertain: true)),
        publish(early, .new, 3),
      ])
    #expect(outbox.count == 1)
  }

  @Test(
    arguments: [
      (10, 0, 10), (10, 9999, 1), (10, 10_000, nil), (10, 1_000_000, nil), (0, 999, 0),
      (0, 1000, nil),
      (10, -5000, 10), (.max, 5000, .max - 5),
    ] as [(UInt32, Int64, UInt32?)])
  mutating func `the message expiry loses the time in the queue`(
    interval: UInt32, waited: Int64, left: UInt32?
  ) {
    var message = Publish(topic: "t", payload: [], qos: .atLeastOnce)
    message.properties.messageExpiryInterval = interval
    let row = OutboxRow.row(1, message, storedAt: now - waited)
    up()
    feed(row)
    if let left {
      message.properties.messageExpiryInterval = left
      #expect(
        take() == [.publish(PublishRequest(key: 1, publish: message, packetID: 1, progress: .new))])
    } else {
      #expect(take() == [finished(row, MessageOutcome(state: .expired))])
    }
  }

  @Test mutating func `a row that cannot be read is given up`() {
    let row = OutboxRow(
      sequence: 1, id: ItemID(1), body: [9], phase: 0, storedAt: 0, expiresAt: nil, wasLoaded: true)
    up()
    feed(row)
    guard case .finished(_, 1, let outcome) = take().first else {
      Issue.record("not finished")
      return
    }
    #expect(outcome.state == .rejected)
    #expect(outbox.count == 0)
  }

  @Test mutating func `stored QoS 0 has no identifier and ends with its hand-over`() {
    let row = OutboxRow.row(1, .atMostOnce)
    up()
    feed(row)
    finish(1, .sent)
    #expect(take() == [publish(row, .new, nil), finished(row, MessageOutcome(state: .sent))])
  }

  @Test mutating func `what was not sent goes out again in its order when the link is back`() {
    let rows = (1...4).map { OutboxRow.row($0, .atMostOnce) }
    up()
    feed(rows[0], rows[1], rows[2])
    outbox.linkDown()
    feed(rows[3])
    _ = take()
    for key: UInt64 in [1, 2, 3] { finish(key, .notSent(.linkDown)) }
    #expect(take().isEmpty)
    #expect(outbox.count == 4)
    up()
    #expect(take() == rows.map { publish($0) })
  }

  @Test mutating func `a full queue is not asked again before something ends`() {
    let rows = [OutboxRow.row(1), .row(2)]
    up()
    feed(rows[0], rows[1])
    _ = take()
    finish(2, .notSent(.queueFull))
    #expect(take().isEmpty)
    finish(1, .acknowledged(.success, reasonString: nil, isUncertain: false))
    #expect(
      take() == [finished(rows[0], MessageOutcome(state: .acked)), publish(rows[1], .new, 2)])
  }

  @Test mutating func `an identifier in use is replaced once`() {
    let row = OutboxRow.row(1, .exactlyOnce, phase: 0, wasLoaded: true)
    up()
    feed(row)
    _ = take()
    finish(1, .rejected(.packetIdentifierInUse, reasonString: nil))
    #expect(take() == [publish(row, .new, nil)])
    finish(1, .rejected(.packetIdentifierInUse, reasonString: nil))
    let outcome = MessageOutcome(state: .rejected, reasonCode: .packetIdentifierInUse)
    #expect(take() == [finished(row, outcome)])
  }

  @Test(
    arguments: [
      (
        PublishOutcome.rejected(.notAuthorized, reasonString: "no"), MessageState.rejected, 0x87,
        false
      ),
      (.notSent(.maximumQoS(.atMostOnce)), .rejected, 0x9B, false),
      (.notSent(.retainUnavailable), .rejected, 0x9A, false),
      (.maybeSent(.packetTooLarge(limit: 9)), .rejected, 0x95, true),
      (.notSent(.packetTooLarge(limit: 9)), .rejected, 0x95, false),
      (.notSent(.invalid), .rejected, 0x81, false), (.expired, .expired, 0, false),
      (.maybeSent(.expired), .expired, 0, true),
    ] as [(PublishOutcome, MessageState, UInt8, Bool)])
  mutating func `every end has its outcome`(
    outcome: PublishOutcome, state: MessageState, reason: UInt8, isUncertain: Bool
  ) {
    up()
    feed(.row(1))
    _ = take()
    finish(1, outcome)
    guard case .finished(_, 1, let result) = take().first else {
      Issue.record("not finished")
      return
    }
    #expect(result.state == state)
    #expect(result.reasonCode.rawValue == reason)
    #expect(result.isUncertain == isUncertain)
  }

  @Test(arguments: [
    PublishOutcome.notSent(.stopped), .maybeSent(.stopped), .cancelled,
  ])
  mutating func `a row stays in the store when the link stops`(outcome: PublishOutcome) {
    up()
    feed(.row(1))
    _ = take()
    finish(1, outcome)
    #expect(take().isEmpty)
    #expect(outbox.count == 0)
  }

  @Test mutating func `QoS 0 of this process alone is handed over or not`() {
    let message = Publish(topic: "t", payload: [])
    let (first, second) = (MessageID(high: 0, low: 1), MessageID(high: 0, low: 2))
    outbox.publish(message, first, &actions)
    outbox.publish(message, second, &actions)
    let keys = take().compactMap { action in
      if case .publish(let request) = action { request.key } else { nil }
    }
    #expect(Set(keys).count == 2)
    #expect(keys.allSatisfy { $0 > UInt64(Int64.max) })
    outbox.sent(keys[0], &actions)
    finish(keys[0], .sent)
    finish(keys[1], .notSent(.linkDown))
    #expect(take() == [.handedOver(first), .notSent(second)])
    #expect(outbox.count == 0)
  }
}

extension OutboxRow {
  static func row(
    _ sequence: Int64, _ qos: QoS = .atLeastOnce, phase: UInt8 = 0, expiresAt: Int64? = nil,
    wasLoaded: Bool = false
  ) -> Self {
    let message = Publish(topic: "t/\(sequence)", payload: [1], qos: qos)
    return row(sequence, message, phase: phase, expiresAt: expiresAt, wasLoaded: wasLoaded)
  }

  static func row(
    _ sequence: Int64, _ message: Publish, phase: UInt8 = 0, storedAt: Int64 = 1_000_000,
    expiresAt: Int64? = nil, wasLoaded: Bool = false
  ) -> Self {
    OutboxRow(
      sequence: sequence, id: ItemID(UInt128(sequence) << 64 | 7),
      body: StoredMessage.encode(message),
      phase: phase, storedAt: storedAt, expiresAt: expiresAt, wasLoaded: wasLoaded)
  }
}
