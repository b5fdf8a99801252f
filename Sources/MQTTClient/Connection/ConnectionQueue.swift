import DequeModule

/// What waits for the thread that drives a connection, in the order in which it came.
///
/// Messages, results and notices wait apart, so that messages can be taken alone and each kind has
/// its own bound: messages by the application's rules, results by the number of operations, and of
/// the notices the oldest makes room.
struct ConnectionQueue {
  struct Delivery {
    let message: Message
    let token: AckToken

    init(_ publish: Publish, _ token: AckToken) {
      message = Message(publish)
      self.token = token
    }
  }

  enum Notice {
    case client(ClientEvent)
    case packet(PacketTrace.Entry)
  }

  enum Entry {
    case delivery(Delivery)
    case result(OperationID)
    case notice(Notice)
  }

  private struct Waiting<Value> {
    let order: UInt64
    let value: Value
  }

  static let noticesMax = 1024

  private var deliveries = Deque<Waiting<Delivery>>()
  private var results = Deque<Waiting<OperationID>>()
  private var notices = Deque<Waiting<Notice>>()
  private var lastOrder: UInt64 = 0
  /// Those in `results` that were fetched in another way.
  private var fetched: Set<OperationID> = []
  private var missedCount = 0
  private(set) var messageBytes = 0

  var messageCount: Int { deliveries.count }
  var waitingResults: Int { results.count }

  var isEmpty: Bool {
    deliveries.isEmpty && notices.isEmpty && results.count == fetched.count && missedCount == 0
  }

  mutating func append(_ delivery: Delivery) {
    messageBytes += delivery.message.bufferedBytes
    deliveries.append(Waiting(order: takeOrder(), value: delivery))
  }

  mutating func append(_ result: OperationID) {
    results.append(Waiting(order: takeOrder(), value: result))
  }

  mutating func append(_ notice: Notice) {
    notices.append(Waiting(order: takeOrder(), value: notice))
    guard notices.count > Self.noticesMax else { return }
    notices.removeFirst()
    missedCount += 1
  }

  mutating func popDelivery() -> Delivery? {
    guard let delivery = deliveries.popFirst()?.value else { return nil }
    messageBytes -= delivery.message.bufferedBytes
    return delivery
  }

  mutating func pop() -> Entry? {
    dropFetched()
    if missedCount > 0 {
      return .notice(.client(.missed(exchange(&missedCount, with: 0))))
    }
    let delivery = deliveries.first?.order ?? .max
    let result = results.first?.order ?? .max
    let notice = notices.first?.order ?? .max
    if delivery < min(result, notice) { return popDelivery().map { .delivery($0) } }
    if result < notice { return results.popFirst().map { .result($0.value) } }
    return notices.popFirst().map { .notice($0.value) }
  }

  /// A result that waits here was fetched, and is not wanted as an event any more.
  mutating func forget(_ id: OperationID) {
    fetched.insert(id)
    dropFetched()
    guard fetched.count > max(64, results.count / 2) else { return }
    let fetched = exchange(&fetched, with: [])
    results.removeAll { fetched.contains($0.value) }
  }

  private mutating func dropFetched() {
    while let first = results.first, fetched.remove(first.value) != nil { results.removeFirst() }
  }

  private mutating func takeOrder() -> UInt64 {
    lastOrder += 1
    return lastOrder
  }
}

extension Message {
  /// What the message counts for in the limit of a queue.
  var bufferedBytes: Int { topic.utf8.count + payload.count }
}
