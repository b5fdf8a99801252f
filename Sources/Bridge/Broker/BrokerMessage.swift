import HTTPFront
import MQTTClient
import Store

/// What other threads tell the application on the mqtt thread.
enum BrokerMessage: Sendable {
  /// The store has committed these rows, in order.
  case feed([OutboxRow])
  /// The store has committed the phases of these rows.
  case advanced([Int64])
  /// A QoS 0 message that is not stored.
  case publish(Publish, MessageID)
  /// A QoS 0 message that is not stored and whose request has been answered already.
  case promise(Publish, at: Int64)
  case openStream(StreamRequest)
  case closeStream(StreamID)
  case changeStream(StreamChange)
  /// The store has committed these events, in the order in which it was asked.
  case logged([LoggedEvent])
  /// The store has forgotten these names.
  case forgotten([String])
  /// The store has forgotten these packet identifiers.
  case receiptsForgotten([Int64])
  /// Whether the disk takes writes.
  case storeFailing(Bool)
  /// A stream fell behind and has left its group.
  case streamLagged(StreamID)
  /// A stream has read the log up to here and wants to go on live.
  case joinLive(StreamID, after: Int64)
  /// The filters that an earlier process left at the broker.
  case restore([RememberedSubscription])
  /// There is a new deadline.
  case wake
  /// Shows that the thread looks after its messages.
  case tick
}
