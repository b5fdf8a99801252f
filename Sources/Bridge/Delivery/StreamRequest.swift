import Access
import HTTPFront
import MQTTClient

/// What one stream wants to see; made by the subscribe route, handled on the mqtt thread.
struct StreamRequest: Equatable, Sendable {
  let stream: StreamID
  /// In the order of the request, without repeats, never empty.
  var filters: [TopicFilter]
  let maximumQoS: QoS
  /// Of the filters that have one of their own.
  var qosOfFilter: [TopicFilter: QoS] = [:]
  let wantsRetained: Bool
  var representation: Representation
  var start = StreamStart.live
  var policy = OverflowPolicy.catchup
  /// Messages per second; nil sends them as they come.
  var rateMaximum: Int?

  /// Leaves out what its caller must not get; nil leaves out nothing.
  var `guard`: DeliveryGuard?
  /// It came back, and its caller may not have what it missed.
  var forbidsHistory = false

  /// The events up to which a filter brings nothing, because it is younger than the others.
  var floors: [TopicFilter: Int64] = [:]

  /// The named subscription that it consumes.
  var subscription: String?
  /// No stream, but a request for what the log has, answered when there is something.
  var isPoll = false
  /// A socket, whose filters come and go, and which may have none.
  var isSocket = false
  /// No stream at all: it only keeps the filters subscribed.
  var isHold = false
  /// Whether its filters stay subscribed for a while after it.
  var lingers = true

  /// Whether its caller may have messages of this topic, as far as its filters bring them.
  func allows(_ topic: String) -> Bool { `guard`?.allows(topic) ?? true }

  /// The filters that bring an event of the log.
  func filters(at sequence: Int64) -> [TopicFilter] {
    floors.isEmpty ? filters : filters.filter { floors[$0] ?? 0 < sequence }
  }

  /// Takes over floors that are higher than its own.
  mutating func raiseFloors(_ others: [TopicFilter: Int64]) {
    for (filter, floor) in others where filters.contains(filter) {
      floors[filter] = max(floor, floors[filter] ?? 0)
    }
  }

  /// Whether everything comes from the event log, at a pace of its own, and nothing live.
  var follows: Bool { rateMaximum != nil || subscription != nil || isPoll }

  func maximumQoS(of filter: TopicFilter) -> QoS { qosOfFilter[filter] ?? maximumQoS }
}

/// Where a stream begins.
enum StreamStart: Equatable, Sendable {
  /// With what comes from now on.
  case live
  /// Behind an event that the client has had.
  case after(EventID)
  /// With the oldest event that is kept.
  case earliest
  /// With the first event at or after this time, in milliseconds since 1970.
  case since(Int64)
  /// Behind the cursor of a named subscription.
  case cursor(Int64)
  /// With the newest so many events that match.
  case newest(Int)
}

/// What becomes of a stream that cannot keep up.
enum OverflowPolicy: String, CaseIterable, Sendable {
  /// It gets everything later, from the event log.
  case catchup
  /// It is closed, and resumes when it comes back.
  case disconnect
  /// It misses the oldest messages and is told how many.
  case dropOldest = "drop_oldest"
  /// It gets the newest message of each topic.
  case conflate
}
