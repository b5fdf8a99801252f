// Whole lives of clients in one call.
extension MQTTClient {
  /// Connects, runs `body`, and disconnects gracefully, also after an error.
  ///
  /// Throws when the connection cannot be made, and what `body` throws.
  public static func withConnection<Result>(
    _ options: ClientOptions, _ body: (MQTTClient) async throws -> Result
  ) async throws -> Result {
    let client = try MQTTClient(options)
    do {
      try await client.connect()
      let result = try await body(client)
      await client.disconnect()
      return result
    } catch {
      await client.disconnectNow()
      throw error
    }
  }

  /// Connects, publishes one message, and disconnects.
  ///
  /// Throws when the connection cannot be made; the outcome says the rest.
  public static func publish(
    _ message: Message, _ options: ClientOptions
  ) async throws -> PublishOutcome {
    try await withConnection(options) { await $0.publish(message) }
  }

  /// Connects, waits for the first message under a filter, and disconnects.
  ///
  /// Throws when the connection cannot be made, and what `firstMessage(under:within:)` throws.
  public static func firstMessage(
    under filter: String, within duration: Duration, _ options: ClientOptions
  ) async throws -> Message {
    try await withConnection(options) {
      try await $0.firstMessage(under: filter, within: duration)
    }
  }
}
