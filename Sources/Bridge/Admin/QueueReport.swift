import HTTPFront
import MQTTClient
import Store

/// `GET /admin/queue`: how full the outbox is, and what waits in it; never a payload.
struct QueueReport {
  private let configuration: BridgeConfiguration
  private let statistics: StoreStatistics

  init(_ configuration: BridgeConfiguration, _ statistics: StoreStatistics) {
    self.configuration = configuration
    self.statistics = statistics
  }

  func json(
    _ rows: [OutboxSummary], limit: Int, progress: (MessageID) -> MessageState
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("total", .integer(statistics.outboxMessages)),
      .init("bytes", .integer(statistics.outboxBytes)),
      .init("sending", .integer(statistics.fedMessages)),
      .init("committing", .integer(statistics.waitingMessages)),
      .init("messages_max", .integer(configuration.publishing.queueMessages)),
      .init("bytes_max", .integer(configuration.publishing.queueBytes.bytes)),
      .init("messages", .array(rows.map { message($0, progress) })),
    ]
    if rows.count == limit, let last = rows.last {
      members.append(.init("next_cursor", .string(String(last.sequence))))
    }
    return .object(members)
  }

  private func message(
    _ row: OutboxSummary, _ progress: (MessageID) -> MessageState
  ) -> JSONValue {
    let id = MessageID(row.id)
    var members: [JSONValue.Member] = [.init("id", .string(id.description))]
    if let head = StoredMessage.head(of: row.head) {
      members += [
        .init("topic", .string(head.topic)),
        .init("qos", .integer(Int(head.qos.rawValue))),
        .init("retain", .boolean(head.isRetained)),
      ]
    }
    let isReceived = row.phase == OutboxConsumer.Phase.received.rawValue
    let state = isReceived ? MessageState.received : progress(id)
    members += [
      .init("bytes", .integer(row.bytes)),
      .init("state", .string(state.rawValue)),
      .init("stored_at", .string(Timestamp(milliseconds: row.storedAt).description)),
    ]
    if let expiresAt = row.expiresAt {
      members.append(.init("expires_at", .string(Timestamp(milliseconds: expiresAt).description)))
    }
    return .object(members)
  }
}
