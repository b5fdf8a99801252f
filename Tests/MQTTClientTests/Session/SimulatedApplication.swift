@testable import MQTTClient

/// The application of a simulation: its disk, what its present process knows, and what it notices.
struct SimulatedApplication {
  private(set) var process = 1
  private(set) var problems: [String] = []

  /// Rows over which the broker ends the link.
  var poisoned: Set<UInt64> = []

  private var rows: [SimulatedRow] = []
  /// Given to the session of this process and not finished there.
  private var openKeys: Set<UInt64> = []

  private var wanted: Set<String> = []
  private var unanswered: [UInt64: Int] = [:]
  private var nextRequest: UInt64 = 1

  private var nextNumber: UInt64 = 1
  private var exactNumbers: Set<UInt64> = []
  private var deliveredInProcess: [UInt64: Int] = [:]
  private var deliveredEver: Set<UInt64> = []

  /// Nothing is open, on disk or in the process.
  var isSettled: Bool {
    openKeys.isEmpty && unanswered.isEmpty && rows.allSatisfy(\.isForgotten)
  }

  mutating func append(_ topic: String, _ qos: QoS, idCount: Int) -> SimulatedRow {
    let key = UInt64(rows.count)
    let id = PacketID(1 + rows.count % idCount)
    let row = SimulatedRow(key: key, topic: topic, qos: qos, packetID: id)
    rows.append(row)
    openKeys.insert(key)
    return row
  }

  mutating func sent(_ key: UInt64) {
    if !openKeys.contains(key) { problems.append("\(key) sent but not open") }
  }

  mutating func sentOnce(_ key: UInt64) {
    problems.append("\(key) was not of QoS 0")
  }

  mutating func settled(_ key: UInt64) {
    problems.append("\(key) was not answered before")
  }

  /// True if the row can be forgotten.
  mutating func finished(_ key: UInt64, _ outcome: PublishOutcome) -> Bool {
    if openKeys.remove(key) == nil { problems.append("\(key) finished twice") }
    switch outcome {
    case .acknowledged, .rejected: return true
    case .maybeSent(.quarantined) where poisoned.contains(key): return true
    case .notSent(.stopped), .maybeSent(.stopped): return false
    case .sent, .expired, .cancelled, .notSent, .maybeSent:
      problems.append("\(key) ended as \(outcome)")
      return false
    }
  }

  mutating func stored(_ write: SimulationEvent.Stored) {
    switch write {
    case .received(let key): rows[Int(key)].isReceived = true
    case .restarted(let key): rows[Int(key)].isReceived = false
    case .forgotten(let key): rows[Int(key)].isForgotten = true
    }
  }

  mutating func brokerLostSession() {
    for index in rows.indices where !rows[index].isForgotten { rows[index].sawSessionLoss = true }
    exactNumbers.removeAll()
  }

  mutating func asks(for filters: [String]) -> UInt64 {
    wanted.formUnion(filters)
    return asks(filters.count)
  }

  mutating func asks(toEnd filters: [String]) -> UInt64 {
    wanted.subtract(filters)
    return asks(filters.count)
  }

  mutating func asksToAuthenticate() -> UInt64 { asks(1) }

  private mutating func asks(_ count: Int) -> UInt64 {
    nextRequest += 1
    unanswered[nextRequest] = count
    return nextRequest
  }

  mutating func answered(_ key: UInt64, _ codes: [ReasonCode]) {
    guard let count = unanswered.removeValue(forKey: key) else {
      return problems.append("request \(key) answered twice")
    }
    if codes.count != count { problems.append("request \(key): \(codes.count) codes") }
  }

  var wantedFilters: [String] { wanted.sorted() }

  mutating func nextDelivery(_ qos: QoS) -> UInt64 {
    nextNumber += 1
    if qos == .exactlyOnce { exactNumbers.insert(nextNumber) }
    return nextNumber
  }

  mutating func delivered(_ number: UInt64, _ token: AckToken) {
    deliveredEver.insert(number)
    deliveredInProcess[number, default: 0] += 1
    if exactNumbers.contains(number), deliveredInProcess[number] != 1 {
      problems.append("delivery \(number) came twice")
    }
  }

  mutating func stopped() {
    if !openKeys.isEmpty { problems.append("not answered at stop: \(openKeys)") }
    if !unanswered.isEmpty { problems.append("not answered at stop: \(unanswered)") }
  }

  /// What was not on disk is gone.
  mutating func restarted() {
    process += 1
    openKeys = Set(rows.filter { !$0.isForgotten }.map(\.key))
    unanswered = [:]
    deliveredInProcess = [:]
  }

  var openRequests: [PublishRequest] {
    rows.filter { !$0.isForgotten }.map { $0.request(isNew: false) }
  }

  /// What must be true when all is done.
  mutating func check(
    _ broker: ScriptedBroker, refused: Set<UInt64>, isBrokerFaithful: Bool
  ) {
    for row in rows {
      let count = broker.arrivals[row.key] ?? 0
      if refused.contains(row.key) || poisoned.contains(row.key) {
        if count != 0 { problems.append("refused row \(row.key) arrived") }
      } else if count == 0 {
        problems.append("row \(row.key) never arrived")
      } else if row.qos == .exactlyOnce, !row.sawSessionLoss, count != 1 {
        problems.append("row \(row.key) of QoS 2 arrived \(count) times")
      }
    }
    let present = Set((broker.memory?.subscriptions ?? [:]).keys)
    if !wanted.isSubset(of: present) {
      problems.append("missing subscriptions: \(wanted.subtracting(present))")
    }
    // An unsubscribing that a process did not live to see leaves its filter behind.
    if process == 1, present != wanted {
      problems.append("unwanted subscriptions: \(present.subtracting(wanted))")
    }
    if isBrokerFaithful, deliveredEver.count != Int(nextNumber) - 1 {
      problems.append("\(Int(nextNumber) - 1 - deliveredEver.count) deliveries never came")
    }
  }
}
