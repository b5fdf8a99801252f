import EventLoop

/// A connection to an MQTT broker that lives on the caller's thread.
///
/// Nothing happens by itself: every call that waits for something also reads, writes, pings,
/// acknowledges and reconnects meanwhile. No thread is started but a short one per name lookup.
/// Between two calls nothing moves, so they must follow each other faster than the keep-alive time.
///
///     let connection = try MQTTConnection(options)
///     try connection.subscribe(to: ["sensors/#"])
///     for event in connection.events {
///       if case .message(let message) = event { print(message.topic) }
///     }
///
/// A failed connection is no error but an event: the next attempt follows by itself. The iteration
/// ends only after `disconnect`, or when the options say to give up.
///
/// **Bounds.** The protocol never waits for the caller to fetch events. Messages wait in a queue
/// whose `MessageBuffering` says what happens when it is full. A result waits until it is fetched,
/// as an event or by `wait(for:within:)`; as many operations as `operationsMaximum` may be open or
/// wait to be fetched, the next one is refused as full. Of other events the newest 1024 are kept.
///
/// **Threads.** The value is not `Sendable`: one thread at a time, and one call at a time, may use
/// it. Only its `waker` and its acknowledgements may go to other threads. A connection that is
/// dropped closes its socket without DISCONNECT, so that the broker sends the will.
public final class MQTTConnection {
  /// A connection that has nothing else to do looks after the protocol at least this often.
  private static let attention: Duration = .milliseconds(5)

  let loop: LinkLoop<ConnectionApplication>
  let application: ConnectionApplication
  let acknowledgements: ConnectionAcknowledgements
  let closeTimeout: Duration
  private let observations: LinkObservations
  private var hasStarted = false
  private var lastTurn = Duration.zero
  /// The message that the caller has now.
  private var taken: ConnectionQueue.Delivery?

  /// How many operations may be open, or ended without their result having been fetched.
  public let operationsMaximum: Int
  /// Ends a wait from another thread.
  public var waker: ConnectionWaker { application.waker }

  /// Prepares a connection; the first call that waits begins to connect.
  ///
  /// - Parameters:
  ///   - options: Where to connect, as whom, and how.
  ///   - buffering: How many messages wait for the caller, and what happens to more. With `finish`
  ///     the connection ends.
  ///   - operationsMaximum: How many operations may be unfinished or unfetched; at least 1.
  ///   - packetEvents: Makes each packet a `ConnectionEvent.packet`, with what this trace shows.
  /// - Throws: `ClientError.connection` of the kind `local` when the system has no descriptor left.
  public init(
    _ options: ClientOptions, buffering: MessageBuffering = MessageBuffering(),
    operationsMaximum: Int = 65_536, packetEvents: PacketEventContent? = nil
  ) throws(ClientError) {
    self.operationsMaximum = max(1, operationsMaximum)
    closeTimeout = options.closeTimeout
    var options = options
    let packets = packetEvents.map { PacketEvents($0, beside: exchange(&options.trace, with: nil)) }
    if let packets { options.trace = packets.trace }
    do throws(SystemError) {
      let mailboxes = try LinkMailboxes<ConnectionMessage>(capacity: 1)
      let pollSet = try PollSet(mailboxes)
      acknowledgements = ConnectionAcknowledgements(mailboxes.application)
      application = ConnectionApplication(
        options, buffering, ConnectionWaker(mailboxes.application), acknowledgements, packets)
      observations = LinkObservations(servers: options.servers.map(\.description))
      loop = LinkLoop(options, mailboxes, pollSet, Resolver(), observations, application)
    } catch {
      throw .connection(ConnectionFailure(.local, detail: error.description))
    }
  }

  /// How far the connection is from being usable.
  public var state: ClientState { application.state }

  /// Whether the connection has ended for good and every event was fetched.
  public var isFinished: Bool { loop.isFinished && application.queue.isEmpty }

  /// What was counted and measured, up to the last call that waited.
  public var metrics: ClientMetrics { observations.metrics }

  /// How the connection is doing.
  public var diagnostics: Diagnostics { observations.diagnostics }

  /// Every event from now on, one after the other.
  public var events: ConnectionEvents { ConnectionEvents(connection: self) }

  /// Waits for the next event, and drives the connection meanwhile.
  ///
  /// - Parameter limit: The longest wait; nil for as long as it takes, zero for none.
  /// - Returns: The event; nil when the time has passed, the waker was used, or the connection has
  ///   ended and every event was fetched.
  public func poll(for limit: Duration? = nil) -> ConnectionEvent? {
    settleTaken()
    if application.queue.isEmpty {
      drive(until: limit) { !application.queue.isEmpty || application.isWoken }
      application.isWoken = false
    } else {
      attend()
    }
    return takeEvent()
  }

  /// The next event that is there, after a look at the network; nil when there is none.
  public func tryPoll() -> ConnectionEvent? { poll(for: .zero) }

  /// Waits for the next message, and drives the connection meanwhile; other events stay in line.
  ///
  /// The message before it counts as handled: it is acknowledged now.
  ///
  /// - Parameter limit: The longest wait; nil for as long as it takes, zero for none.
  /// - Returns: The message; nil when the time has passed, the waker was used, or the connection has
  ///   ended and every message was fetched.
  public func receive(within limit: Duration? = nil) -> Message? {
    settleTaken()
    if application.queue.messageCount == 0 {
      drive(until: limit) { application.queue.messageCount > 0 || application.isWoken }
      application.isWoken = false
    } else {
      attend()
    }
    return application.queue.popDelivery().map { take($0) }
  }

  /// The next message that is there, after a look at the network; nil when there is none.
  public func tryReceive() -> Message? { receive(within: .zero) }

  /// Takes over the acknowledgement of the message that was returned last; nil without one.
  ///
  /// Then nothing is acknowledged by itself. The right can be used once, at any time and from any
  /// thread; it leaves with the next call that drives the connection.
  public func takeAcknowledgement() -> Acknowledgement? {
    guard let taken = taken.take() else { return nil }
    guard taken.token.qos > .atMostOnce else { return Acknowledgement(.nothing, acknowledgements) }
    return Acknowledgement(
      .alone(taken.token, topic: taken.message.topic), acknowledgements)
  }

  /// Becomes readable when `process` has something to do, for a loop of the caller's own.
  ///
  /// Watch it for reading only: while bytes wait to be written, it becomes readable when the socket
  /// takes some. It never changes, over all reconnects.
  public var descriptor: Int32 { loop.descriptor }

  /// How long `process` can wait unless `descriptor` becomes readable; nil for ever.
  public var nextDeadline: Duration? { hasStarted ? loop.patience : .zero }

  /// Does everything that can be done without waiting, for a loop of the caller's own.
  ///
  /// Events are then fetched by `poll(for: .zero)` until there is none.
  public func process() { drive(until: .zero) { false } }

  /// Drives the connection until something is so, or the time has passed; at least one turn, which
  /// does not wait if it is so already.
  func drive(until limit: Duration?, _ isDone: () -> Bool) {
    begin()
    if application.mustResumeReading { perform { $0.adjustReading($1) } }
    var now = MonotonicClock.now()
    let deadline = limit.map { now + max($0, .zero) }
    repeat {
      loop.turn(atMost: isDone() ? .zero : deadline.map { max($0 - now, .zero) })
      now = MonotonicClock.now()
    } while !isDone() && !loop.isFinished && deadline.map { now < $0 } ?? true
    lastTurn = now
  }

  /// Asks for something between two turns.
  func perform<Result>(_ body: (ConnectionApplication, LinkContext) -> Result) -> Result {
    begin()
    return loop.perform(body)
  }

  /// The caller is done with the message it has: it can be acknowledged.
  func settleTaken() {
    guard let token = taken.take()?.token, token.qos > .atMostOnce else { return }
    perform { _, link in link.acknowledge(token) }
  }

  private func begin() {
    guard !hasStarted else { return }
    hasStarted = true
    loop.start()
  }

  /// Events wait, but the protocol must not wait for the caller to fetch them all.
  private func attend() {
    if MonotonicClock.now() - lastTurn >= Self.attention { drive(until: .zero) { true } }
  }

  private func take(_ delivery: ConnectionQueue.Delivery) -> Message {
    taken = delivery
    return delivery.message
  }

  private func takeEvent() -> ConnectionEvent? {
    switch application.queue.pop() {
    case nil: return nil
    case .delivery(let delivery): return .message(take(delivery))
    case .notice(.client(let event)): return .client(event)
    case .notice(.packet(let entry)): return .packet(entry)
    case .result(let id):
      switch application.takeResult(id) {
      case nil: preconditionFailure("\(id) has ended without a result")
      case .published(let outcome): return .published(id, outcome)
      case .subscribed(let grants): return .subscribed(id, grants)
      case .unsubscribed(let grants): return .unsubscribed(id, grants)
      case .reauthenticated(let outcome): return .reauthenticated(id, outcome)
      }
    }
  }
}

/// The events of an `MQTTConnection`, each waited for; it ends when the connection has.
///
/// All iterations of one connection share its events.
public struct ConnectionEvents: Sequence, IteratorProtocol {
  let connection: MQTTConnection

  /// The next event, for which it drives the connection; nil once the connection has ended.
  public mutating func next() -> ConnectionEvent? {
    while !connection.isFinished {
      if let event = connection.poll() { return event }
    }
    return nil
  }
}
