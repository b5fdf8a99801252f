package import EventLoop

/// One connection to a broker, kept up over failures, with the application that uses it.
///
/// Both live on a thread named `mqtt`, which owns the session, the socket and the timers. Other
/// threads talk to the application by `send`, whose mailbox is bounded: a full one refuses at
/// once and keeps nothing.
package final class Link<Application: LinkApplication>: Sendable {
  package typealias Message = Application.Message

  private let options: ClientOptions
  private let resolver: Resolver
  private let mailboxes: LinkMailboxes<Message>
  private let observations: LinkObservations
  private let makeApplication: @Sendable () -> Application
  private let thread = Locked<LoopThread?>(nil)
  /// Opened here, where a failure can be thrown, and taken by the thread.
  private let pollSet: Locked<PollSet?>

  /// Prepares a link; `makeApplication` runs on the link's thread when that starts.
  ///
  /// A `mailbox` that the application knows lets it give others a way to itself.
  package init(
    _ options: ClientOptions, resolver: Resolver = Resolver(), mailbox: Mailbox<Message>? = nil,
    makeApplication: @escaping @Sendable () -> Application
  ) throws(SystemError) {
    self.options = options
    self.resolver = resolver
    observations = LinkObservations(servers: options.servers.map(\.description))
    self.makeApplication = makeApplication
    if let mailbox {
      mailboxes = try LinkMailboxes(application: mailbox)
    } else {
      mailboxes = try LinkMailboxes(capacity: options.mailboxCapacity)
    }
    pollSet = Locked(try PollSet(mailboxes))
  }

  /// Starts the thread, which connects and keeps connecting until `stop`; once.
  package func start() throws(SystemError) {
    let started = try LoopThread(name: "mqtt") { [self] in
      guard let pollSet = pollSet.withLock({ exchange(&$0, with: nil) }) else {
        preconditionFailure("a link starts once")
      }
      LinkLoop(options, mailboxes, pollSet, resolver, observations, makeApplication()).run()
    }
    thread.withLock { $0 = started }
  }

  /// Sends the application a message; false when the mailbox is full or the link has ended.
  package func send(_ message: Message) -> Bool { mailboxes.application.send(message) }

  /// Leaves a message for the application if fewer than `limit` wait for it; `wakeApplication` must follow.
  package func leave(_ message: Message, ifFewerThan limit: Int) -> Bool {
    mailboxes.application.leave(message, ifFewerThan: limit)
  }

  /// Wakes the application if messages were left for it.
  package func wakeApplication() { mailboxes.application.wakeOwner() }

  /// Sends several messages, all or none.
  package func send(contentsOf messages: [Message]) -> Bool {
    mailboxes.application.send(contentsOf: messages)
  }

  /// Sends a message whose number is bounded by its sender; false only when the link has ended.
  @discardableResult
  package func sendReserved(_ message: Message) -> Bool {
    mailboxes.application.sendReserved(message)
  }

  /// What the link has counted and measured; from any thread, as of its last wake-up.
  package var metrics: ClientMetrics { observations.metrics }

  /// How the link is doing; from any thread.
  package var diagnostics: Diagnostics { observations.diagnostics }

  /// How many messages wait for the application.
  package var waitingMessages: Int { mailboxes.application.count }

  /// Ends the session gracefully, or at the latest after `duration`; `join` waits for the end.
  ///
  /// Messages that were accepted are still handed to the application, whose last event is
  /// `.stopped`.
  package func stop(within duration: Duration) {
    mailboxes.control.sendReserved(
      .stop(.now(Disconnect()), deadline: MonotonicClock.now() + duration))
  }

  /// Ends the session in the given way; `join` waits for the end.
  ///
  /// `duration` bounds the draining, after which only the last bytes still leave, or else all of it.
  package func stop(
    _ ending: SessionEnding, within duration: Duration
  ) throws(DisconnectError) {
    switch ending {
    case .drain(let packet), .now(let packet): try options.session.check(packet)
    case .abort: break
    }
    mailboxes.control.sendReserved(.stop(ending, deadline: MonotonicClock.now() + duration))
  }

  /// Waits for the end of the thread; returns at once if it never started.
  package func join() {
    thread.withLock { $0 }?.join()
  }
}
