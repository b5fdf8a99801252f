import EventLoop
import HTTPClient
import Metrics
import MQTTClient
import Store
import Webhooks

/// The whole life of the thread `webhooks`.
///
/// A translator between the queues, the store and the receivers: what comes becomes an input of a
/// queue, and its actions become calls.
final class WebhookLoop {
  private enum Sending {
    case parcel(WebhookHook, UInt64)
    case letter(WebhookHook, ItemID)
  }

  /// How long what is on its way may take at the end.
  private static let stopLimit = Duration.seconds(2)

  private let door: BridgeWebhooks
  private let sender: HTTPSender
  private var hooks: [String: WebhookHook] = [:]
  private var lastNumber: UInt64 = 0
  private var sendings: [UInt64: (Sending, begun: Duration)] = [:]
  private var burials: [UInt64: (WebhookHook, parcel: UInt64)] = [:]
  private var endBy: Duration?

  init(_ door: BridgeWebhooks, _ sender: HTTPSender) {
    self.door = door
    self.sender = sender
  }

  func run() {
    var messages: [BridgeWebhooks.Message] = []
    while door.mailbox.receive(into: &messages) {
      for message in messages { handle(message) }
      messages.removeAll(keepingCapacity: true)
      fireTimers()
      publish()
      if let endBy, sendings.isEmpty || endBy <= MonotonicClock.now() { break }
      turn()
    }
    for hook in hooks.values { noteLast(hook) }
  }

  private func turn() {
    var ended: [(UInt64, RequestOutcome)] = []
    let deadline = (hooks.values.compactMap { $0.queue.nextDeadline } + [endBy].compactMap(\.self))
      .min()
    sender.turn(
      waitingFor: door.mailbox.descriptor, atMost: deadline.map { $0 - MonotonicClock.now() }
    ) { ended.append(($0, $1)) }
    for (number, outcome) in ended { self.ended(number, outcome) }
  }

  private func handle(_ message: BridgeWebhooks.Message) {
    let now = MonotonicClock.now()
    switch message {
    case .kept(let row):
      guard let name = WebhookName(row: row.name)?.text,
        let configuration = door.configuration(of: name)
      else { return }
      let hook = WebhookHook(configuration, after: row.cursor)
      guard let old = hooks[name] else { return begin(hook) }
      if case .nothing? = old.successor { old.successor = .new(hook) }
    case .changed(let configuration):
      if let hook = hooks[configuration.name] { retire(hook, for: .changed(configuration)) }
    case .removed(let name):
      if let hook = hooks[name] { retire(hook, for: .nothing) }
    case .headMoved:
      door.looked()
      let head = door.position.last.sequence
      for hook in hooks.values { input(hook) { $0.headMoved(to: head, at: now, &$1) } }
    case .page(let name, let page):
      guard let hook = hooks[name] else { return }
      tell(page, hook)
      input(hook) { $0.read(page.events, through: page.through, at: now, &$1) }
      callEnded(hook)
    case .readFailed(let name):
      guard let hook = hooks[name] else { return }
      input(hook) { $0.readFailed(at: now, &$1) }
      callEnded(hook)
    case .cursorMoved(let name, let cursor):
      if let hook = hooks[name] { input(hook) { $0.cursorNoted(cursor, at: now, &$1) } }
    case .buried(let token):
      guard let (hook, parcel) = burials.removeValue(forKey: token) else { return }
      input(hook) { $0.buried(parcel, at: now, &$1) }
      callEnded(hook)
    case .retry(let letter): retry(letter)
    case .stop:
      endBy = now + Self.stopLimit
      for hook in hooks.values { hook.queue.stop() }
    }
  }

  private func fireTimers() {
    let now = MonotonicClock.now()
    for hook in hooks.values where hook.queue.nextDeadline.map({ $0 <= now }) ?? false {
      input(hook) { $0.timerFired(at: now, &$1) }
    }
  }

  /// One input, then every action it caused.
  private func input(
    _ hook: WebhookHook, _ body: (inout WebhookQueue, inout [WebhookQueue.Action]) -> Void
  ) {
    body(&hook.queue, &hook.actions)
    while !hook.actions.isEmpty {
      for action in exchange(&hook.actions, with: []) { run(action, hook) }
    }
  }

  private func run(_ action: WebhookQueue.Action, _ hook: WebhookHook) {
    switch action {
    case .read(let after, let eventsMax, let bytesMax):
      read(
        WebhookPage.Wish(
          after: after, through: door.position.last.sequence, eventsMax: eventsMax,
          bytesMax: bytesMax), hook)
    case .send(let parcel, let events, _):
      send(WebhookParcel(events, hook.configuration.body), .parcel(hook, parcel), hook)
    case .note(let cursor):
      door.wiring.store?.moveCursor(of: WebhookName(hook.name).row, to: cursor)
    case .bury(let parcel, let events, let outcome, let cursor):
      bury(parcel, events, outcome, cursor, hook)
    case .rests(_, let outcome, _, let pause):
      fails(hook, outcome, retryIn: pause)
    }
  }

  private func begin(_ hook: WebhookHook) {
    hooks[hook.name] = hook
    let now = MonotonicClock.now()
    input(hook) { $0.headMoved(to: door.position.last.sequence, at: now, &$1) }
  }

  /// Lets a webhook end what is on its way, and nothing more.
  private func retire(_ hook: WebhookHook, for successor: WebhookHook.Successor) {
    hook.queue.stop()
    // A change of one that is about to come back changes that.
    if case (.new(let next)?, .changed(let configuration)) = (hook.successor, successor) {
      hook.successor = .new(WebhookHook(configuration, after: next.queue.cursor))
    } else {
      hook.successor = successor
    }
    replaceIfDone(hook)
  }

  private func callEnded(_ hook: WebhookHook) {
    hook.openCalls -= 1
    replaceIfDone(hook)
  }

  private func replaceIfDone(_ hook: WebhookHook) {
    guard hook.openCalls == 0, let successor = hook.successor, endBy == nil else { return }
    noteLast(hook)
    hooks[hook.name] = nil
    switch successor {
    case .nothing: break
    case .new(let next): begin(next)
    case .changed(let configuration):
      let next = WebhookHook(configuration, after: hook.queue.cursor)
      next.status = hook.status
      begin(next)
    }
  }

  private func read(_ wish: WebhookPage.Wish, _ hook: WebhookHook) {
    hook.openCalls += 1
    let (mailbox, epoch) = (door.mailbox, door.epoch)
    let (configuration, name) = (hook.configuration, hook.name)
    let isTaken = door.wiring.store?.read { reader in
      let page = try? WebhookPage(reader, wish, for: configuration, epoch: epoch)
      mailbox.sendReserved(page.map { .page(name, $0) } ?? .readFailed(name))
    }
    if isTaken != true { mailbox.sendReserved(.readFailed(name)) }
  }

  private func send(_ parcel: WebhookParcel, _ sending: Sending, _ hook: WebhookHook) {
    lastNumber += 1
    hook.openCalls += 1
    let number = lastNumber
    sendings[number] = (sending, MonotonicClock.now())
    do throws(CryptographyError) {
      let request = try hook.requests.request(parcel, at: WallClock.milliseconds() / 1000)
      sender.send(request, id: number)
    } catch {
      ended(number, .failed(error.description))
    }
  }

  private func bury(
    _ parcel: UInt64, _ events: [WebhookEvent], _ outcome: RequestOutcome, _ cursor: Int64,
    _ hook: WebhookHook
  ) {
    let content = WebhookParcel(events, hook.configuration.body)
    let storedAt = events.first.flatMap { EventID($0.id)?.time } ?? WallClock.milliseconds()
    lastNumber += 1
    burials[lastNumber] = (hook, parcel)
    hook.openCalls += 1
    hook.status.dead += 1
    hook.status.lastError = outcome.words
    hook.status.failed += 1
    door.observer.webhookDied(hook.name, events: content.eventIDs, outcome.words)
    let key = (try? content.key(of: hook.name)) ?? []
    let id = key.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    door.wiring.store?.bury(
      UndeliveredEvents(
        id: ItemID(id), body: content.encoded, outcome: outcome.stored, storedAt: storedAt),
      of: WebhookName(hook.name).row, cursor: cursor, token: lastNumber)
  }

  private func retry(_ letter: DeadLetter) {
    guard endBy == nil, let name = letter.owner.flatMap(WebhookName.init(row:))?.text,
      let hook = hooks[name], let parcel = WebhookParcel(letter.body)
    else { return door.retried(letter.id) }
    send(parcel, .letter(hook, letter.id), hook)
  }

  private func ended(_ number: UInt64, _ outcome: RequestOutcome) {
    guard let (sending, begun) = sendings.removeValue(forKey: number) else { return }
    door.wiring.metrics.webhookSeconds.observe(MonotonicClock.now() - begun)
    let isDelivered = RetryTerms.verdict(outcome) == .delivered
    switch sending {
    case .letter(let hook, let id):
      door.wiring.store?.settle(id, isDelivered ? nil : outcome.stored)
      door.retried(id)
      if isDelivered { works(hook) } else { fails(hook, outcome, retryIn: nil) }
      callEnded(hook)
    case .parcel(let hook, let parcel):
      if isDelivered { works(hook) }
      let (now, jitter) = (MonotonicClock.now(), Double.random(in: 0...1))
      input(hook) { $0.ended(parcel, outcome, jitter: jitter, at: now, &$1) }
      callEnded(hook)
    }
  }

  private func works(_ hook: WebhookHook) {
    hook.status.delivered += 1
    if hook.status.lastError != nil { door.observer.webhookWorks(hook.name) }
    hook.status.lastError = nil
  }

  private func fails(_ hook: WebhookHook, _ outcome: RequestOutcome, retryIn: Duration?) {
    hook.status.failed += 1
    let isFirst = hook.status.lastError == nil
    hook.status.lastError = outcome.words
    door.observer.webhookFails(hook.name, outcome.words, retryIn: retryIn, isFirst: isFirst)
  }

  private func tell(_ page: WebhookPage, _ hook: WebhookHook) {
    if page.missed > 0 {
      hook.status.gaps += 1
      door.observer.webhookGap(hook.name, "history_expired", missed: Int(clamping: page.missed))
    }
    for mark in page.gaps {
      hook.status.gaps += 1
      door.observer.webhookGap(hook.name, mark.reason, missed: mark.missed)
    }
  }

  private func publish() {
    let head = door.position.last.sequence
    for hook in hooks.values { door.publish(hook.statusNow(head: head)) }
  }

  /// What ended while a note was under way is not repeated after the stop.
  private func noteLast(_ hook: WebhookHook) {
    door.wiring.store?.moveCursor(of: WebhookName(hook.name).row, to: hook.queue.cursor)
  }
}
