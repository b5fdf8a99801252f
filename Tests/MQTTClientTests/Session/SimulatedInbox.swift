@testable import MQTTClient

/// What the application of a simulation keeps of QoS 2 deliveries: each message with its packet
/// identifier in one write, and later the write that forgets the identifier.
///
/// Writes become durable in order. The process may die before that, or before it hears of it.
struct SimulatedInbox {
  enum Write {
    case keep(UInt64, AckToken)
    case forget(PacketID)
    case forgetAll
  }

  private(set) var problems: [String] = []
  /// On disk: the identifiers that the broker has not released.
  private(set) var ids: Set<PacketID> = []
  /// On disk: the messages.
  private var numbers: Set<UInt64> = []
  /// What the broker was given for us.
  private var expected: Set<UInt64> = []
  private var lastDurable = Duration.zero
  private var lastHeard = Duration.zero

  /// When a write is durable, and when the process hears of it.
  mutating func times(
    _ durable: Duration, delay: Duration
  ) -> (durable: Duration, heard: Duration) {
    lastDurable = max(lastDurable, durable)
    lastHeard = max(lastHeard, lastDurable + delay)
    return (lastDurable, lastHeard)
  }

  mutating func expects(_ number: UInt64) { expected.insert(number) }

  mutating func becameDurable(_ write: Write) {
    switch write {
    case .keep(let number, let token):
      if !numbers.insert(number).inserted { problems.append("\(number) was kept twice") }
      ids.insert(token.packetID)
    case .forget(let id): ids.remove(id)
    case .forgetAll: ids.removeAll()
    }
  }

  /// The broker may use the identifier for another message from here on.
  mutating func completes(_ id: PacketID) {
    if ids.contains(id) { problems.append("PUBCOMP of \(id), which is on disk") }
  }

  /// What must be true when all is done.
  mutating func check(isBrokerFaithful: Bool) {
    guard isBrokerFaithful else { return }
    let missing = expected.subtracting(numbers)
    if !missing.isEmpty { problems.append("never kept: \(missing.sorted())") }
    if !ids.isEmpty { problems.append("identifiers left: \(ids.sorted())") }
  }
}

extension Simulation {
  var hasInbox: Bool { options.recordsReleased }

  mutating func write(_ write: SimulatedInbox.Write) {
    let (durable, heard) = inbox.times(now + delay(0...100), delay: delay(0...50))
    let process = application.process
    queue.add(.inboxDurable(process: process, write), at: durable)
    queue.add(.inboxHeard(process: process, write), at: heard)
  }

  mutating func inboxHeard(_ write: SimulatedInbox.Write) {
    switch write {
    case .keep(_, let token): acknowledgeLater(token)
    case .forget(let id): give { session, _, actions in session.releasedRecorded(id, &actions) }
    case .forgetAll: break
    }
  }

  mutating func acknowledgeLater(_ token: AckToken) {
    let event = SimulationEvent.acknowledges(process: application.process, token)
    queue.add(event, at: now + delay(0...300))
  }
}
