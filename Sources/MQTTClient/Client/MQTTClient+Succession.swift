/// Make before break: another connection takes over before this one ends.
extension MQTTClient {
  /// Connects a successor, lets it take over, and only then drains and ends this client.
  ///
  ///     client = try await client.hand(over: renewed) { next in
  ///       messages = try await next.subscribe(to: "alarms/#")
  ///     }
  ///
  /// For new credentials, certificates or brokers without a gap. While both live, a message may come
  /// to each of them once, unless they subscribe to the same `$share/group/filter`. When connecting
  /// or `takeOver` fails, the successor is ended, this client goes on, and the error is thrown.
  ///
  /// The successor needs a client identifier of its own: with the same one the broker would end this
  /// connection first. [MQTT-3.1.4-3]
  ///
  /// - Returns: The successor. Publishes that this client could not finish within
  ///   `drainTime` have an outcome that says so.
  public func hand(
    over options: ClientOptions, within connectTime: Duration? = nil,
    drainTime: Duration = MQTTClient.drainTimeDefault,
    takeOver: (MQTTClient) async throws -> Void = { _ in }
  ) async throws -> MQTTClient {
    let (old, new) = (self.options.session.clientID, options.session.clientID)
    guard new.isEmpty || new != old else {
      throw ConnectionFailure(
        .local, isRetryable: false, detail: "a successor needs another client identifier")
    }
    let successor = try MQTTClient(options)
    do {
      _ = try await successor.connect(within: connectTime)
      try await takeOver(successor)
    } catch {
      _ = await successor.disconnectNow()
      throw error
    }
    _ = await drain(within: drainTime)
    return successor
  }
}
