import HTTPFront
import MQTTClient

/// One named subscription and who consumes it.
struct NamedSubscription: Sendable {
  struct Consumer: Sendable {
    /// What is written to its socket counts as acknowledged.
    var acknowledgesWrites: Bool
    /// It has all that it will get, and only its answer is on its way.
    var isLeaving = false
  }

  let name: String
  var terms: SubscriptionTerms
  /// The stand-in for a stream that keeps its filters subscribed at the broker.
  var hold: StreamID
  /// What the broker granted, once it has answered.
  var opening: StreamOpening?
  /// Everything up to here is acknowledged and noted by the store.
  var storedCursor: Int64
  /// Everything up to here is acknowledged.
  var cursor: Int64
  let createdAt: Int64
  /// The account that made it; empty where nobody was asked.
  var owner = ""
  var consumers: [StreamID: Consumer] = [:]
  var shared: SharedDispatch?

  /// Whether somebody consumes it who is not about to leave.
  var isInUse: Bool { consumers.values.contains { !$0.isLeaving } }

  /// What `bridge.open` says of the filters, also before the broker has answered.
  var currentOpening: StreamOpening {
    opening
      ?? StreamOpening(
        filters: terms.filters.map {
          StreamOpening.Filter(
            filter: $0.text, reasonCode: ReasonCode(rawValue: terms.maximumQoS.rawValue))
        })
  }

  /// Goes on with the hold of what it replaces, unless that serves other terms or is gone.
  ///
  /// The request of a hold that must be opened instead.
  mutating func takeHold(of old: Self?, next: () -> StreamID) -> StreamRequest? {
    if let old, old.terms.filters == terms.filters, old.terms.maximumQoS == terms.maximumQoS {
      (hold, opening) = (old.hold, old.opening)
      return nil
    }
    (hold, opening) = (next(), nil)
    return NamedSubscriptions.holdRequest(hold, terms)
  }

  /// Goes on with the consumers of what it replaces; those that must come back to get what is new.
  ///
  /// They read what the old terms said, and would acknowledge what they were never given.
  mutating func takeConsumers(of old: Self?) -> [StreamID] {
    consumers = old?.consumers ?? [:]
    shared = terms.isShared ? old?.shared ?? SharedDispatch(after: cursor) : nil
    guard let old else { return [] }
    guard old.terms.filters != terms.filters || old.terms.isShared != terms.isShared else {
      return []
    }
    let ended = Array(consumers.keys)
    consumers.removeAll()
    for id in ended { shared?.left(id) }
    return ended
  }

  /// Moves the cursor; false when it stands there already.
  mutating func acknowledge(_ sequence: Int64) -> Bool {
    if shared != nil {
      guard shared?.acknowledge(sequence) == true, let floor = shared?.floor, floor > cursor else {
        return false
      }
      cursor = floor
      return true
    }
    guard sequence > cursor else { return false }
    cursor = sequence
    return true
  }
}
