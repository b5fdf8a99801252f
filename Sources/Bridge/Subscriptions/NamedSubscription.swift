import HTTPFront
import MQTTClient

/// One named subscription and who consumes it.
struct NamedSubscription: Sendable {
  struct Consumer: Sendable {
    /// What is written to its socket counts as acknowledged.
    var acknowledgesWrites: Bool
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
  var consumers: [StreamID: Consumer] = [:]
  var shared: SharedDispatch?

  /// What `bridge.open` says of the filters, also before the broker has answered.
  var currentOpening: StreamOpening {
    opening
      ?? StreamOpening(
        filters: terms.filters.map {
          StreamOpening.Filter(
            filter: $0.text, reasonCode: ReasonCode(rawValue: terms.maximumQoS.rawValue))
        })
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
