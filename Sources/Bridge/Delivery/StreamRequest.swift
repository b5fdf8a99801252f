import HTTPFront
import MQTTClient

/// What one stream wants to see; made by the subscribe route, handled on the mqtt thread.
struct StreamRequest: Sendable {
  let stream: StreamID
  /// In the order of the request, without repeats, never empty.
  let filters: [TopicFilter]
  let maximumQoS: QoS
  let wantsRetained: Bool
  let representation: Representation
  /// A `Last-Event-ID` was sent, which cannot be honoured without history.
  let wantsHistory: Bool
}
