/// A publish that has not ended, as a list of them shows it.
public struct PendingPublish: Equatable, Sendable {
  /// How far it is.
  public enum State: Equatable, Sendable {
    /// No byte of it was sent by this process.
    case waiting
    /// PUBLISH went out; it goes out again if the connection ends.
    case sent
    /// The broker has received the QoS 2 message, and its exchange is not over.
    case received
  }

  /// What the caller named it.
  public let key: UInt64
  /// How far it has come.
  public let state: State
  /// The QoS of the publish.
  public let qos: QoS
  /// Since it was accepted.
  public let age: Duration
  /// Of its topic, payload and properties.
  public let bytes: Int

  /// Describes one unfinished publish.
  public init(key: UInt64, state: State, qos: QoS, age: Duration, bytes: Int) {
    self.key = key
    self.state = state
    self.qos = qos
    self.age = age
    self.bytes = bytes
  }
}

extension OutgoingPublishes {
  /// The oldest unfinished publishes, first what was sent; this looks at all that are in flight.
  func pending(atMost limit: Int, at now: Duration) -> [PendingPublish] {
    var list: [PendingPublish] = []
    for slot in table.slotsInOrder() {
      guard list.count < limit else { return list }
      let entry = table[slot]
      let state: PendingPublish.State =
        switch entry.stage {
        case .sending, .awaitingAck, .awaitingReceived: entry.isReported ? .sent : .waiting
        case .recording, .recorded, .awaitingComplete: .received
        }
      list.append(
        PendingPublish(
          key: entry.key, state: state, qos: entry.publish.qos, age: now - entry.acceptedAt,
          bytes: entry.publish.contentBytes))
    }
    var next = waiting.first
    while let slot = next, list.count < limit {
      let entry = waiting[slot]
      list.append(
        PendingPublish(
          key: entry.request.key, state: .waiting, qos: entry.request.publish.qos,
          age: now - entry.acceptedAt, bytes: entry.bytes))
      next = waiting.slot(after: slot)
    }
    return list
  }
}
