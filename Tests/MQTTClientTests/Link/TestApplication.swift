import EventLoop
import MQTTClient
import TestSupport

/// An application whose messages are what to do, and which records every event.
final class TestApplication: LinkApplication {
  typealias Message = @Sendable (LinkContext) -> Void

  private let recorder: EventRecorder
  private let react: Message?

  init(_ recorder: EventRecorder, react: Message?) {
    self.recorder = recorder
    self.react = react
  }

  func handle(_ message: Message, _ link: LinkContext) { message(link) }

  func received(_ event: LinkEvent, _ link: LinkContext) {
    if case .connecting = event { return }
    recorder.record(event)
    if case .delivered = event { react?(link) }
  }
}

/// A running link with its recorded events, stopped when the test lets go of it.
final class TestLink {
  let events: EventRecorder
  let link: Link<TestApplication>

  /// `react` runs on the link's thread after each delivery.
  init(
    _ options: ClientOptions, resolver: Resolver = Resolver(), react: TestApplication.Message? = nil
  ) throws {
    let events = try EventRecorder()
    self.events = events
    link = try Link(options, resolver: resolver) { TestApplication(events, react: react) }
    try link.start()
  }

  deinit {
    link.stop(within: .seconds(1))
    link.join()
  }

  /// Runs on the link's thread.
  func perform(_ message: @escaping TestApplication.Message) throws {
    guard link.send(message) else { throw TestFailure("the mailbox refused a message") }
  }

  func publish(_ request: PublishRequest) throws {
    try perform { $0.publish(request) }
  }
}

extension ClientOptions {
  /// Options for a broker on this machine, impatient enough for tests.
  static func test(
    port: UInt16, version: ProtocolVersion = .v5, host: String = "127.0.0.1"
  ) throws -> Self {
    var session = SessionOptions(clientID: "test", version: version)
    session.reconnect.backoff = Backoff(initial: .milliseconds(5), maximum: .milliseconds(20))
    var options = Self(broker: try BrokerURL("mqtt://\(host):\(port)"), session: session)
    options.closeTimeout = .seconds(30)
    return options
  }
}
