import DequeModule
import MQTTClient
import Store

/// What came from the broker, between its arrival and the streams, in order.
///
///     arrived ──history on──▶ logging ──committed──▶ ready ──▶ streams, then acknowledged
///        └──────history off or retained──────────────▶ ready
///
/// Nothing overtakes: what need not be logged waits behind what must. While the disk fails, messages
/// of QoS 0 go out without an event id, and a mark in the log tells those who come later. Pure; lives
/// on the mqtt thread; bounded, because nothing more is read from the broker while it is full.
struct InboundPipeline: ~Copyable {
  enum Content: Equatable {
    case message(Publish, AckToken, Arrival)
    case gap(GapMark)
    case start
  }

  /// What the streams get, with its place in the log unless it has none.
  struct Ready: Equatable {
    let content: Content
    let event: LoggedEvent?
  }

  private struct Entry {
    let content: Content
    let bytes: Int
    var isLogging: Bool
    var event: LoggedEvent?
  }

  static let entriesMax = 8192
  static let bytesMax = 32 << 20

  private var entries: Deque<Entry> = []
  private var batch: [EventItem] = []
  private var bytes = 0
  /// The number of the first entry.
  private var first: UInt64 = 0
  /// The entries that the store has not answered for, in the order in which it was asked.
  private var asked: Deque<UInt64> = []
  private var isFailing = false
  private var unlogged = 0

  var count: Int { entries.count }
  /// How many entries it has given out, and how many it will have with those that are in it.
  var begin: UInt64 { first }
  var end: UInt64 { first + UInt64(entries.count) }
  var isFull: Bool { entries.count >= Self.entriesMax || bytes >= Self.bytesMax }

  /// A message came; `keepsHistory` says whether its topic is logged.
  ///
  /// One that changes a last value waits for the disk too, logged or not.
  mutating func arrived(
    _ publish: Publish, _ token: AckToken, _ arrival: Arrival, keepsHistory: Bool,
    lastValue: LastValueChange? = nil
  ) {
    let isEvent = keepsHistory && !publish.isRetained
    var isLogging = isEvent || lastValue != nil
    if isLogging, isFailing, publish.qos == .atMostOnce {
      isLogging = false
      if isEvent { unlogged += 1 }
    }
    let cost = publish.payload.count + publish.topic.utf8.count + 128
    append(Entry(content: .message(publish, token, arrival), bytes: cost, isLogging: isLogging))
    guard isLogging else { return }
    let hasReceipt = isEvent && publish.qos == .exactlyOnce
    var item = EventItem(
      topic: publish.topic, kind: EventKind.message.rawValue,
      body: isEvent ? LoggedMessage.encode(publish, arrival.origin) : [],
      receipt: hasReceipt ? Int64(token.packetID) : nil,
      receiptMark: hasReceipt ? Int64(bitPattern: publish.fingerprint) : nil)
    item.isLogged = isEvent
    item.lastValue = lastValue
    batch.append(item)
  }

  /// Something is missing at this place.
  mutating func marked(_ mark: GapMark, keepsHistory: Bool) {
    append(Entry(content: .gap(mark), bytes: 128, isLogging: keepsHistory))
    guard keepsHistory else { return }
    batch.append(
      EventItem(topic: "", kind: EventKind.gap.rawValue, body: mark.encoded, receipt: nil))
  }

  /// One more filter is served: its first place in the log is none that a client has been told yet.
  ///
  /// Otherwise one that comes back with its last event could not be told from one that has seen the
  /// time without the filter too.
  mutating func started() {
    append(Entry(content: .start, bytes: 128, isLogging: true))
    batch.append(EventItem(topic: "", kind: EventKind.start.rawValue, body: [], receipt: nil))
  }

  /// What the store shall log next.
  mutating func takeBatch() -> [EventItem] { exchange(&batch, with: []) }

  /// The store has committed the oldest so many that it was asked for.
  mutating func logged(_ events: [LoggedEvent]) {
    for event in events {
      guard let number = asked.popFirst() else { return }
      let index = Int(number - first)
      // What only changed a last value has no place in the log.
      entries[index].event = event.sequence > 0 ? event : nil
      entries[index].isLogging = false
    }
  }

  /// The disk does not take writes, or does again.
  mutating func storeFailing() { isFailing = true }

  mutating func storeRecovered(keepsHistory: Bool) {
    isFailing = false
    guard unlogged > 0 else { return }
    let missed = exchange(&unlogged, with: 0)
    // Counted over all topics, so for each reader it is a bound.
    let mark = GapMark(reason: "not_logged", missed: missed, isExact: false, isQoS0Only: true)
    marked(mark, keepsHistory: keepsHistory)
  }

  /// The next one for the streams; nil while it waits for the disk.
  mutating func next() -> Ready? {
    guard let entry = entries.first, !entry.isLogging else { return nil }
    entries.removeFirst()
    first += 1
    bytes -= entry.bytes
    return Ready(content: entry.content, event: entry.event)
  }

  private mutating func append(_ entry: Entry) {
    if entry.isLogging { asked.append(first + UInt64(entries.count)) }
    entries.append(entry)
    bytes += entry.bytes
  }
}
