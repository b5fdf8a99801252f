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
  case openStream(StreamRequest)
  case closeStream(StreamID)
  /// The filters that an earlier process left at the broker.
  case restore([RememberedSubscription])
  /// Shows that the thread looks after its messages.
  case tick
}
