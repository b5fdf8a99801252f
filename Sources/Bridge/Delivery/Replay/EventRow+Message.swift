import MQTTClient
import Store

extension EventRow {
  /// The message of the row, when it is one for this stream and its caller.
  func message(for request: StreamRequest) -> Publish? {
    request.allows(topic) ? message(countingFor: request.filters(at: sequence)) : nil
  }

  /// The message of the row, when it is one that counts for a reader with these filters.
  func message(countingFor filters: [TopicFilter]) -> Publish? {
    let topic = topic
    guard kind == EventKind.message.rawValue, filters.contains(where: { $0.matches(topic: topic) }),
      let (publish, origin) = LoggedMessage.decode(body(), topic: topic),
      origin.counts(for: filters, topic: topic)
    else { return nil }
    return publish
  }
}
