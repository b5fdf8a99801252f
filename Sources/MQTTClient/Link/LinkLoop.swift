import EventLoop

/// The life of a link: wait, then give everyone a bounded turn.
///
/// A `Link` runs it on a thread of its own. Without one, the owner calls `start`, then `turn` again
/// and again, and `perform` in between, until `isFinished`.
final class LinkLoop<Application: LinkApplication> {
  let application: Application
  private let options: ClientOptions
  private let mailbox: Mailbox<Application.Message>
  private let control: Mailbox<LinkControl>
  private let pollSet: PollSet
  private let context: LinkContext
  private let driver: LinkDriver
  private let observer: LinkObserver
  private let identity = ThreadIdentity()
  private var isMailboxReady = false
  private var messages: [Application.Message] = []
  private var nextMessage = 0
  private var controls: [LinkControl] = []
  /// Something was asked for since bytes were written last.
  private var isWritingDue = false
  /// The goodbye has been said; nothing will happen any more.
  private(set) var isFinished = false

  init(
    _ options: ClientOptions, _ mailboxes: LinkMailboxes<Application.Message>, _ pollSet: PollSet,
    _ resolver: Resolver, _ observations: LinkObservations, _ application: Application
  ) {
    self.options = options
    self.application = application
    mailbox = mailboxes.application
    control = mailboxes.control
    self.pollSet = pollSet
    identity.adoptCurrentThread()
    let context = LinkContext(thread: identity, now: MonotonicClock.now())
    self.context = context
    observer = LinkObserver(observations, trace: options.trace)
    driver = LinkDriver(
      options, LinkConnection(options, pollSet, resolver, control, observer), context, control,
      observer
    ) { event in
      application.received(event, context)
    }
  }

  /// Becomes readable when there is something to do, for the poller of whoever drives the loop.
  var descriptor: Int32 { pollSet.descriptor }

  /// How long nothing will be to do, unless `descriptor` becomes readable; nil for ever.
  var patience: Duration? {
    let hasMessages = nextMessage < messages.count && !context.isCongested
    if hasMessages || isWritingDue || driver.connection.mustNotWait { return .zero }
    return nextDeadline.map { max($0 - MonotonicClock.now(), .zero) }
  }

  private var nextDeadline: Duration? {
    .earlier(driver.nextDeadline, application.nextDeadline)
  }

  /// Lives until the end.
  func run() {
    start()
    while !isFinished { turn(atMost: nil) }
  }

  func start() {
    began()
    application.started(context)
    driver.start()
    // The connection may stand at once, and the broker say something before the first turn: what was
    // sent here before the start comes first.
    handleAllMessages()
    driver.settle()
    driver.flush()
    if driver.isFinished { finish() }
    driver.observe()
  }

  /// Waits until there is something to do, at most as long as given, and does it.
  func turn(atMost limit: Duration?) {
    guard !isFinished else { return }
    // Writing can end publishes, which the owner may be waiting for.
    let hasWritten = isWritingDue
    if hasWritten { write() }
    pollSet.wait(atMost: hasWritten ? .zero : .earlier(limit, patience))
    began()
    for event in pollSet.events {
      switch event.token {
      case pollSet.mailbox.token: isMailboxReady = true
      case pollSet.control.token: receiveControls()
      default: driver.handle(event)
      }
    }
    driver.readHeldInput()
    handleMessages()
    timersFired()
    application.turnEnded(context)
    driver.settle()
    write()
    let mayReceive = nextMessage == messages.count && !context.isCongested
    pollSet.change(&pollSet.mailbox, to: mayReceive ? .readable : [])
    if driver.isFinished { finish() }
    driver.observe()
  }

  /// Asks something of the context between two turns, and carries it out.
  ///
  /// The bytes leave with the next turn, or with a call of `write`.
  func perform<Result>(_ body: (Application, LinkContext) -> Result) -> Result {
    began()
    let result = body(application, context)
    driver.settle()
    isWritingDue = true
    if context.isCongested { write() }
    return result
  }

  /// Sends what was asked for, as far as the socket takes it.
  func write() {
    isWritingDue = false
    driver.flush()
  }

  /// The loop may be handed from thread to thread, as long as only one has it at a time.
  private func began() {
    identity.adoptCurrentThread()
    context.now = MonotonicClock.now()
    observer.turnBegan(at: context.now)
  }

  private func receiveControls() {
    _ = control.receive(into: &controls)
    for message in controls {
      // What was accepted before the wish to drain is a part of what there is to finish.
      if case .stop(.drain, _) = message { handleAllMessages() }
      driver.handle(message)
    }
    controls.removeAll()
  }

  private func handleAllMessages() {
    while nextMessage < messages.count { handleNextMessage() }
    receiveMessages()
    while nextMessage < messages.count { handleNextMessage() }
  }

  private func handleMessages() {
    if nextMessage == messages.count, isMailboxReady, !context.isCongested { receiveMessages() }
    let end = min(messages.count, nextMessage + max(1, options.messagesPerTurn))
    while nextMessage < end, !context.isCongested { handleNextMessage() }
  }

  private func receiveMessages() {
    isMailboxReady = false
    messages.removeAll(keepingCapacity: true)
    nextMessage = 0
    _ = mailbox.receive(into: &messages)
  }

  private func handleNextMessage() {
    let message = messages[nextMessage]
    nextMessage += 1
    application.handle(message, context)
    driver.settle()
  }

  private func timersFired() {
    driver.timersFired()
    if let deadline = application.nextDeadline, context.now >= deadline {
      application.deadlineReached(context)
      driver.settle()
    }
  }

  /// Refuses further messages, hands out those that were accepted, and says goodbye.
  private func finish() {
    mailbox.close()
    control.close()
    handleAllMessages()
    application.turnEnded(context)
    driver.settle()
    driver.abandon()
    application.received(.stopped, context)
    isFinished = true
  }
}
