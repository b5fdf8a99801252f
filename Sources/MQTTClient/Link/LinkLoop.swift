import EventLoop

/// The life of a link's thread: wait, then give everyone a bounded turn.
final class LinkLoop<Application: LinkApplication> {
  private let options: ClientOptions
  private let mailbox: Mailbox<Application.Message>
  private let control: Mailbox<LinkControl>
  private let pollSet: PollSet
  private let application: Application
  private let context: LinkContext
  private let driver: LinkDriver
  private var isMailboxReady = false
  private var messages: [Application.Message] = []
  private var nextMessage = 0
  private var controls: [LinkControl] = []

  init(
    _ options: ClientOptions, _ mailboxes: LinkMailboxes<Application.Message>, _ pollSet: PollSet,
    _ resolver: Resolver, _ application: Application
  ) {
    self.options = options
    self.application = application
    mailbox = mailboxes.application
    control = mailboxes.control
    self.pollSet = pollSet
    let identity = ThreadIdentity()
    identity.adoptCurrentThread()
    let context = LinkContext(thread: identity, now: MonotonicClock.now())
    self.context = context
    driver = LinkDriver(
      options, LinkConnection(options, pollSet, resolver, control), context, control
    ) { event in
      application.received(event, context)
    }
  }

  func run() {
    application.started(context)
    driver.start()
    driver.flush()
    while !driver.isFinished { turn() }
    finish()
  }

  private func turn() {
    pollSet.wait(atMost: timeout)
    context.now = MonotonicClock.now()
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
    driver.flush()
    let mayReceive = nextMessage == messages.count && !context.isCongested
    pollSet.change(&pollSet.mailbox, to: mayReceive ? .readable : [])
  }

  private var timeout: Duration? {
    let hasMessages = nextMessage < messages.count && !context.isCongested
    if hasMessages || driver.connection.mustNotWait { return .zero }
    let deadline = [driver.nextDeadline, application.nextDeadline].compactMap(\.self).min()
    return deadline.map { $0 - MonotonicClock.now() }
  }

  private func receiveControls() {
    _ = control.receive(into: &controls)
    for message in controls { driver.handle(message) }
    controls.removeAll()
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
    while nextMessage < messages.count { handleNextMessage() }
    receiveMessages()
    while nextMessage < messages.count { handleNextMessage() }
    application.turnEnded(context)
    driver.settle()
    application.received(.stopped, context)
  }
}
