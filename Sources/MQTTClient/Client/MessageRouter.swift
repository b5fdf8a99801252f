/// Handlers for topic filters: which code gets which messages.
///
///     var router = MessageRouter()
///     router.on("rooms/+/temperature") { message in … }
///     router.on("alarms/#") { message in … }
///     try await router.run(on: client)
public struct MessageRouter: Sendable {
  /// What handles a message; one at a time for each filter, in order.
  public typealias Handler = @Sendable (Message) async throws -> Void

  private struct Route: Sendable {
    let filter: String
    let options: SubscriptionOptions
    let handler: Handler
  }

  private var routes: [Route] = []

  /// A router without routes.
  public init() {}

  /// Adds a handler for the messages under a filter; of several that match each gets the message.
  public mutating func on(
    _ filter: String, options: SubscriptionOptions = SubscriptionOptions(),
    _ handler: @escaping Handler
  ) {
    routes.append(Route(filter: filter, options: options, handler: handler))
  }

  /// Subscribes every filter and handles messages, until the task is cancelled or the client ends.
  ///
  /// A message of QoS 1 or 2 is acknowledged when every handler that got it has returned. The handlers
  /// of different filters run at the same time. Throws when a filter is refused or a handler throws;
  /// then everything is unsubscribed.
  public func run(on client: MQTTClient) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for route in routes {
        let messages = try await client.subscribe(to: route.filter, options: route.options)
        group.addTask {
          for try await message in messages { try await route.handler(message) }
        }
      }
      try await group.waitForAll()
    }
  }
}
