/// Several connections behind one face, which share the publishes and keep the order of each key.
///
///     let pool = try MQTTClientPool(options, count: 4)
///     try await pool.connect()
///     _ = await pool.publish(message, key: tenant)
///
/// One connection has one window and one thread; a pool has as many as it has clients. What is
/// published under the same key, which is the topic unless said otherwise, goes over the same client
/// and so arrives in its order. To share the deliveries as well, subscribe every client to the same
/// `$share/group/filter`; the broker then deals them out. [MQTT 5.0, 4.8.2]
public final class MQTTClientPool: Sendable {
  /// The clients, for everything that concerns one of them.
  public let clients: [MQTTClient]

  /// Prepares `count` clients, at least one, with the same options.
  ///
  /// A client identifier gets the suffix `-0`, `-1` and so on, so each session stays with its keys as
  /// long as the count is the same. Throws when the system has no descriptors left.
  public init(_ options: ClientOptions, count: Int) throws(ConnectionFailure) {
    var clients: [MQTTClient] = []
    for index in 0..<max(1, count) {
      var options = options
      if !options.session.clientID.isEmpty { options.session.clientID += "-\(index)" }
      clients.append(try MQTTClient(options))
    }
    self.clients = clients
  }

  /// The client that serves a key: the same one in every process with the same count.
  public func client(for key: String) -> MQTTClient {
    clients[Int(Self.hash(key) % UInt64(clients.count))]
  }

  /// Connects all clients, and throws the first failure; the others go on connecting.
  ///
  /// `duration` bounds the wait, as in `MQTTClient.connect(within:)`.
  public func connect(within duration: Duration? = nil) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in clients {
        group.addTask { _ = try await client.connect(within: duration) }
      }
      try await group.waitForAll()
    }
  }

  /// Publishes a message over the client of its key, as `MQTTClient.publish(_:deadline:lane:)` does.
  public func publish(
    _ message: Message, key: String? = nil, deadline: Duration? = nil, lane: String? = nil
  ) async -> PublishOutcome {
    await client(for: key ?? message.topic).publish(message, deadline: deadline, lane: lane)
  }

  /// Disconnects all clients at the same time; returns how many publishes were not finished.
  ///
  /// Each client drains for at most `duration`, as in `MQTTClient.disconnect(within:)`.
  @discardableResult
  public func disconnect(within duration: Duration = MQTTClient.drainTimeDefault) async -> Int {
    await withTaskGroup(of: Int.self) { group in
      for client in clients { group.addTask { await client.disconnect(within: duration) } }
      return await group.reduce(0, +)
    }
  }

  /// FNV-1a, because the standard library's hash differs from process to process.
  private static func hash(_ key: String) -> UInt64 {
    key.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
