import HTTPClient
import HTTPFront
import MQTTClient
import Store
import Webhooks

/// The next events of the log for one webhook.
struct WebhookPage: Sendable {
  /// How many rows one read looks at.
  private static let rowsMax = 4000

  private(set) var events: [WebhookEvent] = []
  /// Everything up to here was looked at.
  private(set) var through: Int64
  /// How many events, of any topics, were dropped before it came to them.
  private(set) var missed: Int64 = 0
  /// What befell all readers of the log.
  private(set) var gaps: [GapMark] = []
  private var bytes = 0

  /// What a read begins with and how far it goes.
  struct Wish: Sendable {
    var after: Int64
    var through: Int64
    var eventsMax: Int
    var bytesMax: Int
  }

  /// Reads a page, on the reader thread.
  init(
    _ reader: EventReader, _ wish: Wish, for webhook: WebhookConfiguration, epoch: String
  ) throws(StoreError) {
    through = wish.after
    var page = self
    var previous = wish.after
    let last = try reader.scan(
      after: wish.after, through: wish.through, rowsMax: Self.rowsMax
    ) { row in
      guard page.events.count < wish.eventsMax, page.events.isEmpty || page.bytes < wish.bytesMax
      else { return false }
      page.missed += row.sequence - previous - 1
      previous = row.sequence
      page.take(row, webhook, epoch)
      return true
    }
    // What is behind the last row that was looked at has been passed over too.
    if last > previous, previous == wish.after { page.missed += last - previous }
    page.through = last
    self = page
  }

  private mutating func take(_ row: EventRow, _ webhook: WebhookConfiguration, _ epoch: String) {
    guard row.kind == EventKind.message.rawValue else {
      if let mark = GapMark(row.body()) { gaps.append(mark) }
      return
    }
    guard let publish = row.message(countingFor: webhook.topics.filters) else { return }
    let id = EventID(epoch: epoch, sequence: row.sequence, time: row.time).description
    let event = Self.event(publish, id, row, webhook.body)
    bytes += event.content.count
    events.append(event)
  }

  private static func event(
    _ publish: Publish, _ id: String, _ row: EventRow, _ body: WebhookConfiguration.Body
  ) -> WebhookEvent {
    if body == .payload {
      return WebhookEvent(
        sequence: row.sequence, id: id, topic: publish.topic,
        contentType: MessageAnswer.contentType(publish), content: Array(publish.payload),
        fields: MessageAnswer.fields(of: publish).map { .init($0.0, $0.1) })
    }
    return WebhookEvent(
      sequence: row.sequence, id: id, topic: publish.topic, contentType: "application/json",
      content: MessageRenderer.envelope(publish, row.time, id, .auto).encoded)
  }
}
