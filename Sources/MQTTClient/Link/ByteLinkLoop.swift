import EventLoop

/// The thread of `ByteLinks`: waits, then gives every stream with something to do a bounded turn.
final class ByteLinkLoop<Message: Sendable> {
  private let options: ClientOptions
  private let mailboxes: LinkMailboxes<ByteLinks<Message>.Command>
  private let application: any ByteLinkApplication<Message>
  private let context = ByteLinkContext()
  private let pollSet: PollSet
  private let environment: LinkEnvironment
  private var links: [UInt64: ByteLink] = [:]
  /// Those that are not connected: their events come under other tokens.
  private var attempting: Set<UInt64> = []
  private var numbers: [UInt64: UInt64] = [:]
  /// Those for which something has happened.
  private var touched: Set<UInt64> = []
  private var commands: [ByteLinks<Message>.Command] = []
  private var controls: [LinkControl] = []
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private var isStopped = false

  init(
    _ options: ClientOptions, _ mailboxes: LinkMailboxes<ByteLinks<Message>.Command>,
    _ application: any ByteLinkApplication<Message>
  ) throws(SystemError) {
    self.options = options
    self.mailboxes = mailboxes
    self.application = application
    pollSet = try PollSet(mailboxes)
    environment = LinkEnvironment(options, pollSet, Resolver(), mailboxes.control)
  }

  func run() {
    while !isStopped { turn() }
    mailboxes.application.close()
    mailboxes.control.close()
    for number in links.keys { tell(.closed("stopped"), number) }
    links.removeAll()
  }

  private func turn() {
    let now = MonotonicClock.now()
    let deadline = links.values.compactMap(\.nextDeadline).min()
    pollSet.wait(atMost: touched.isEmpty ? deadline.map { max($0 - now, .zero) } : .zero)
    let woken = MonotonicClock.now()
    for event in pollSet.events {
      switch event.token {
      case pollSet.mailbox.token: receiveCommands()
      case pollSet.control.token: receiveControls(at: woken)
      default: handle(event, at: woken)
      }
    }
    carryOut(at: woken)
    if let deadline, deadline <= woken { fireTimers(at: woken) }
    for number in exchange(&touched, with: []) { settle(number, at: woken) }
    carryOut(at: woken)
  }

  private func handle(_ event: Poller.Event, at now: Duration) {
    if let number = numbers[event.token] {
      touched.insert(number)
    } else {
      for number in attempting {
        links[number]?.handle(event, at: now)
        touched.insert(number)
      }
    }
  }

  private func fireTimers(at now: Duration) {
    for (number, link) in links {
      guard let deadline = link.nextDeadline, deadline <= now else { continue }
      link.timerFired(at: now)
      touched.insert(number)
    }
  }

  /// Lets a stream read and write, and forgets it when it is over.
  private func settle(_ number: UInt64, at now: Duration) {
    guard let link = links[number] else { return }
    link.turn(at: now, &buffer) { tell($0, number) }
    link.updateInterest()
    if let token = link.token, attempting.remove(number) != nil { numbers[token] = number }
    if let end = link.end {
      links[number] = nil
      attempting.remove(number)
      if let token = link.token { numbers[token] = nil }
      tell(.closed(end), number)
    } else if link.mustNotWait {
      touched.insert(number)
    }
  }

  private func tell(_ event: ByteLinkEvent, _ number: UInt64) {
    application.received(event, on: number, context)
  }

  private func receiveCommands() {
    _ = mailboxes.application.receive(into: &commands)
    for command in commands {
      switch command {
      case .message(let message): application.handle(message, context)
      case .stop: isStopped = true
      }
    }
    commands.removeAll(keepingCapacity: true)
  }

  private func receiveControls(at now: Duration) {
    _ = mailboxes.control.receive(into: &controls)
    for case .attempt(let ticket, let answer) in controls {
      links[ticket.attempt]?.answered(ticket, answer, at: now)
      touched.insert(ticket.attempt)
    }
    controls.removeAll()
  }

  /// Does what the application has asked for.
  private func carryOut(at now: Duration) {
    for request in exchange(&context.requests, with: []) {
      switch request {
      case .open(let number): open(number, at: now)
      case .send(let number, let bytes):
        links[number]?.send(bytes)
        touched.insert(number)
      case .pauseReading(let number, let isPaused):
        links[number]?.pause(isPaused)
        touched.insert(number)
      case .close(let number):
        links[number]?.close(at: now)
        touched.insert(number)
      }
    }
  }

  private func open(_ number: UInt64, at now: Duration) {
    let until = now + options.session.connectTimeout
    let plan = ConnectAttempt(number: number, lastFailure: nil, options: options)
    let attempt = LinkAttempt(plan, environment, start: 0, isIsolated: false, until: until)
    let link = ByteLink(attempt, pollSet, until: until)
    links[number] = link
    attempting.insert(number)
    touched.insert(number)
    link.begin(at: now)
  }
}
