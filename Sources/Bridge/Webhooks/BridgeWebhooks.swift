import EventLoop
import HTTPClient
import HTTPFront
import MQTTClient
import Store
import Synchronization
import Webhooks

/// The webhooks of the bridge: durable consumers of the event log that send it to HTTP receivers.
///
/// Each has a row among the subscriptions of the store, whose cursor stands before the oldest event
/// that its receiver has not taken, and a hold that keeps its filters subscribed at the broker. All
/// of them live on the thread `webhooks`; this is the door to it, for any thread.
final class BridgeWebhooks: Sendable {
  enum Message: Sendable {
    case kept(StoredSubscription)
    case headMoved
    case page(String, WebhookPage)
    case readFailed(String)
    case cursorMoved(String, Int64)
    case buried(UInt64)
    case retry(DeadLetter)
    /// It is another one from now on, at the place where it is.
    case changed(WebhookConfiguration)
    case removed(String)
    case stop
  }

  /// Whether a dead letter is tried again.
  enum RetryAdmission {
    case accepted, full
    /// No webhook of this name is configured any more.
    case unknown(String)
  }

  static let shard = -4
  /// Dead letters that are tried again at a time.
  private static let retriesMax = 64

  let wiring: Wiring
  let observer: Observer
  let position: LogPosition
  let epoch: String
  let mailbox: Mailbox<Message>
  private let table: Locked<WebhookTable>
  private let isEmpty: Atomic<Bool>
  private let isTold = Atomic<Bool>(false)
  private let retried = Locked<Set<ItemID>>([])
  private let published = Locked<[String: WebhookStatus]>([:])
  private let thread = Locked<LoopThread?>(nil)

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ observer: Observer,
    position: LogPosition, epoch: String
  ) throws(SystemError) {
    self.wiring = wiring
    self.observer = observer
    self.position = position
    self.epoch = epoch
    table = Locked(WebhookTable(configuration.webhooks))
    isEmpty = Atomic(configuration.webhooks.isEmpty)
    mailbox = try Mailbox(capacity: 1024)
  }

  /// Keeps the rows as the configuration has them, and gives back what keeps the filters subscribed.
  ///
  /// Rows of webhooks that are not configured any more go, and with them what waited for them.
  func restore(_ stored: [StoredSubscription], at now: Int64) -> [StreamRequest] {
    let table = table.withLock { $0 }
    for row in stored {
      guard let name = WebhookName(row: row.name), table[name.text] == nil else { continue }
      remove(name.text)
    }
    return table.all.compactMap { webhook in
      let old = stored.first { $0.name == WebhookName(webhook.name).row }
      var status = WebhookStatus(name: webhook.name)
      if let old { status.behind = Int(clamping: max(0, position.last.sequence - old.cursor)) }
      publish(status)
      keep(webhook, old?.cursor ?? -1, since: old?.createdAt ?? now)
      return table.holdRequest(webhook)
    }
  }

  /// Keeps its row; one that is there keeps its place.
  private func keep(_ webhook: WebhookConfiguration, _ cursor: Int64, since createdAt: Int64) {
    wiring.store?.keep(
      StoredSubscription(
        name: WebhookName(webhook.name).row,
        config: JSONValue.object(webhook.terms.members).encoded, cursor: cursor,
        holdAge: Int64(webhook.maximumAge / .milliseconds(1)), createdAt: createdAt),
      token: 0)
  }

  private func remove(_ name: String) {
    observer.webhookRemoved(name)
    wiring.store?.removeSubscription(name: WebhookName(name).row, token: 0)
  }

  /// Goes on with other webhooks; the names of those that are new, others or gone.
  func reconfigure(_ fresh: [WebhookConfiguration], at now: Int64) throws(SystemError) -> [String] {
    let change = table.withLock { $0.replace(with: fresh) }
    isEmpty.store(fresh.isEmpty, ordering: .relaxed)
    // The new ones first, so that what is in both stays subscribed.
    for hold in change.opened { wiring.link?.sendReserved(.openStream(hold)) }
    for hold in change.closed { wiring.link?.sendReserved(.closeStream(hold)) }
    for name in change.removed {
      mailbox.sendReserved(.removed(name))
      remove(name)
      published.withLock { $0[name] = nil }
    }
    for webhook in change.added + change.changed { keep(webhook, -1, since: now) }
    for webhook in change.changed { mailbox.sendReserved(.changed(webhook)) }
    if thread.withLock({ $0 == nil }) { try start() }
    return change.names
  }

  func configuration(of name: String) -> WebhookConfiguration? { table.withLock { $0[name] } }

  /// Starts the thread, if there is anything for it to do.
  func start() throws(SystemError) {
    guard !isEmpty.load(ordering: .relaxed) else { return }
    let thread = try LoopThread(name: "webhooks") { [self] in
      guard let sender = try? HTTPSender() else { return observer.webhooksUnusable() }
      WebhookLoop(self, sender).run()
    }
    self.thread.withLock { $0 = thread }
  }

  /// Lets what is on its way end, for so long, and ends the thread.
  func stop() {
    guard let thread = thread.withLock({ exchange(&$0, with: nil) }) else { return }
    mailbox.sendReserved(.stop)
    thread.join()
    mailbox.close()
  }

  /// The broker has answered for the filters of a webhook; on the mqtt thread.
  func granted(_ hold: StreamID, _ opening: StreamOpening) {
    guard let name = table.withLock({ $0.name(ofHold: hold) }) else { return }
    for filter in opening.filters where filter.reasonCode.isFailure {
      observer.webhookRefused(name, filter: filter.filter, "\(filter.reasonCode)")
    }
  }

  /// There are new events; told once until the thread looks.
  func headMoved() {
    guard !isEmpty.load(ordering: .relaxed), !isTold.exchange(true, ordering: .relaxed) else {
      return
    }
    mailbox.sendReserved(.headMoved)
  }

  /// The thread will look at the log's end now.
  func looked() { isTold.store(false, ordering: .relaxed) }

  /// The store has the row of a webhook.
  func kept(_ row: StoredSubscription) { mailbox.sendReserved(.kept(row)) }

  func buried(_ token: UInt64) { mailbox.sendReserved(.buried(token)) }

  func cursorsMoved(_ cursors: [MovedCursor]) {
    for moved in cursors {
      guard let name = WebhookName(row: moved.name) else { continue }
      mailbox.sendReserved(.cursorMoved(name.text, moved.cursor))
    }
  }

  /// Sends a dead letter once more; it goes when the receiver takes it, and else stays.
  func retry(_ letter: DeadLetter) -> RetryAdmission {
    let name = letter.owner.flatMap(WebhookName.init(row:))?.text ?? ""
    guard configuration(of: name) != nil else { return .unknown(name) }
    let admission = retried.withLock { retried -> (isNew: Bool, isFull: Bool) in
      guard !retried.contains(letter.id) else { return (false, false) }
      guard retried.count < Self.retriesMax else { return (false, true) }
      retried.insert(letter.id)
      return (true, false)
    }
    if admission.isNew { mailbox.sendReserved(.retry(letter)) }
    return admission.isFull ? .full : .accepted
  }

  /// The retry of a dead letter has ended.
  func retried(_ id: ItemID) { _ = retried.withLock { $0.remove(id) } }

  func publish(_ status: WebhookStatus) { published.withLock { $0[status.name] = status } }

  /// Every webhook in the order of the configuration; from any thread.
  var statuses: [WebhookStatus] {
    let names = table.withLock { $0.all.map(\.name) }
    return published.withLock { published in
      names.map { published[$0] ?? WebhookStatus(name: $0) }
    }
  }
}
