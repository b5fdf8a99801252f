import EventLoop

/// An MQTT client for asynchronous code: one session with a broker, kept up over failures.
///
///     let client = try MQTTClient(ClientOptions("mqtts://broker.example?client_id=meter-7"))
///     try await client.connect()
///     let outcome = await client.publish("21.5", to: "rooms/7/temperature")
///     for try await message in try await client.subscribe(to: "rooms/7/commands") { … }
///
/// All methods may be called from any task, at any time, also without a connection. Waiting for one
/// never stops the connection, and no code of yours runs on the client's thread: a consumer may
/// publish, subscribe and disconnect as it likes. Cancelling a task ends its wait at once and leaves
/// the client as it was, unless a method says more.
///
/// When the last reference to the client goes, it drains as `disconnect(within:)` does, and ends.
/// Sequences, tickets and acknowledgements do not keep it.
public final class MQTTClient: Sendable {
  /// Receive Maximum when the options set none; it bounds what waits unacknowledged in memory,
  /// unless the broker exceeds it.
  public static let receiveMaximumDefault: UInt16 = 1024
  /// How long the end of a client may take when nobody says otherwise.
  public static let drainTimeDefault = Duration.seconds(10)

  /// The options in use.
  public let options: ClientOptions
  let port: ClientPort
  private let link: Link<ClientApplication>
  private let isStarted = Locked(false)

  /// Prepares a client; nothing happens before `start` or `connect`.
  ///
  /// What is asked for before that is carried out once there is a connection. A message that nobody
  /// listens to is held for `holdTime`, unacknowledged, for whoever begins to listen. Throws when the
  /// system has no descriptors left.
  public convenience init(
    _ options: ClientOptions, holdingUnroutedFor holdTime: Duration = .seconds(10)
  ) throws(ConnectionFailure) {
    try self.init(options, holdTime, resolver: Resolver())
  }

  package init(
    _ options: ClientOptions, _ holdTime: Duration, resolver: Resolver
  ) throws(ConnectionFailure) {
    var options = options
    if options.session.version == .v5, options.session.connect.receiveMaximum == nil {
      options.session.connect.receiveMaximum = Self.receiveMaximumDefault
    }
    if options.session.version == .v5, options.session.connect.requestResponseInformation == nil {
      options.session.connect.requestResponseInformation = true
    }
    self.options = options
    do throws(SystemError) {
      let mailbox = try Mailbox<ClientCommand>(capacity: options.mailboxCapacity)
      let port = ClientPort(mailbox, enqueuedMaximum: options.session.queuedPublishesMaximum)
      self.port = port
      link = try Link(options, resolver: resolver, mailbox: mailbox) { [options] in
        ClientApplication(options, port, holdTime: holdTime)
      }
    } catch {
      throw ConnectionFailure(.local, isRetryable: false, detail: error.description)
    }
  }

  deinit {
    if isStarted.withLock({ $0 }) {
      let duration = Self.drainTimeDefault
      port.perform { client, link in client.drain(Disconnect(), within: duration, link) }
    } else {
      _ = end()
    }
  }

  /// Starts to connect and keeps connecting until `disconnect`; later calls do nothing.
  ///
  /// Throws when the system has no thread left, and when the client has ended.
  public func start() throws(ConnectionFailure) {
    guard port.ended.value == nil else {
      throw ConnectionFailure(.local, isRetryable: false, detail: "the client has ended")
    }
    guard !isStarted.withLock({ exchange(&$0, with: true) }) else { return }
    do throws(SystemError) {
      try link.start()
    } catch {
      isStarted.withLock { $0 = false }
      throw ConnectionFailure(.local, isRetryable: false, detail: error.description)
    }
  }

  var isRunning: Bool { isStarted.withLock { $0 } }

  /// Ends a client that was never started.
  func end() -> Int {
    port.abandon(options)
    return port.ended.value ?? 0
  }

  /// How far the client is from a usable connection, now.
  public var state: ClientState { port.state }

  /// The life of the client from now on, for one reader.
  ///
  /// At most 256 events wait for a slow reader; then the oldest make room.
  public var events: ClientEventSequence { ClientEventSequence(port.events, capacity: 256) }

  /// How many calls wait for the client's thread.
  package var waitingCommands: Int { port.mailbox.count }

  /// Everything the client has counted and measured, as of its last wake-up.
  public var metrics: ClientMetrics { link.metrics }

  /// How the client is doing: its state, queues, broker and last failure.
  public var diagnostics: Diagnostics { link.diagnostics }
}

extension ClientPort {
  /// The client goes without having run: everything that was asked of it gets its answer.
  fileprivate func abandon(_ options: ClientOptions) {
    mailbox.close()
    var commands: [ClientCommand] = []
    _ = mailbox.receive(into: &commands)
    let identity = ThreadIdentity()
    identity.adoptCurrentThread()
    let link = LinkContext(thread: identity, now: MonotonicClock.now())
    let client = ClientApplication(options, self, holdTime: .zero)
    for command in commands { client.handle(command, link) }
    client.received(.stopped, link)
  }
}
