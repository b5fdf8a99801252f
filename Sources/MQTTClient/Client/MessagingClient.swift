/// What most code needs of a client, so that a test can put something else in its place.
///
/// `MQTTClient` is one; `MockClient` of the library MQTTClientTesting is another.
public protocol MessagingClient: Sendable {
  /// How far the client is from a usable connection.
  var state: ClientState { get }

  /// Publishes a message and waits for its outcome; see `MQTTClient.publish(_:deadline:lane:)`.
  func publish(_ message: Message, deadline: Duration?, lane: String?) async -> PublishOutcome

  /// Subscribes to topic filters; see `MQTTClient.subscribe(to:options:)`.
  func subscribe(
    to filters: [String], options: SubscriptionOptions
  ) async throws(ClientError) -> MessageSequence

  /// Publishes a request and waits for its reply; see `MQTTClient.request(_:within:)`.
  func request(_ message: Message, within duration: Duration) async throws(ClientError) -> Message

  /// Finishes what was accepted and ends; see `MQTTClient.disconnect(_:within:)`.
  @discardableResult
  func disconnect(_ packet: Disconnect, within duration: Duration) async -> Int
}

extension MessagingClient {
  /// Publishes a message and waits for its outcome, for as long as that takes.
  @discardableResult
  public func publish(_ message: Message) async -> PublishOutcome {
    await publish(message, deadline: nil, lane: nil)
  }

  /// Subscribes to topic filters with the usual options.
  public func subscribe(to filters: String...) async throws(ClientError) -> MessageSequence {
    try await subscribe(to: filters, options: SubscriptionOptions())
  }
}

extension MQTTClient: MessagingClient {}
