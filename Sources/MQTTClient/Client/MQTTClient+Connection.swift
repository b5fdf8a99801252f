import EventLoop

// The way in and out.
extension MQTTClient {
  /// Starts the client if need be, and waits for the answer of the first attempt.
  ///
  /// Throws `.connection` when that attempt fails, for whatever reason; the client then goes on
  /// trying, as with `start`, until `disconnect`. Throws `.deadlinePassed` when there is no answer
  /// within `duration`, `.cancelled` when the task is cancelled, and `.stopped` when the client has
  /// ended.
  @discardableResult
  public func connect(within duration: Duration? = nil) async throws(ClientError) -> ConnectionInfo
  {
    do throws(ConnectionFailure) {
      try start()
    } catch {
      throw .connection(error)
    }
    return try await connection(endsAtFailure: true, within: duration)
  }

  /// Waits until there is a connection, however many attempts that takes.
  ///
  /// Returns at once when there is one. Throws as `connect` does, but not for failed attempts after
  /// which the client tries again.
  @discardableResult
  public func waitUntilConnected(
    within duration: Duration? = nil
  ) async throws(ClientError) -> ConnectionInfo {
    try await connection(endsAtFailure: false, within: duration)
  }

  private func connection(
    endsAtFailure: Bool, within duration: Duration?
  ) async throws(ClientError) -> ConnectionInfo {
    let wait = ConnectWait(completion: Completion(), endsAtFailure: endsAtFailure)
    let deadline = duration.map { MonotonicClock.now() + $0 }
    let isAsked = port.perform { client, _ in
      client.wait(wait)
      guard let deadline else { return }
      client.deadlines.add(at: deadline, isNeeded: { wait.completion.value == nil }) {
        wait.completion.resolve(.failure(.deadlinePassed))
      }
    }
    guard isAsked else { throw .stopped }
    guard let answer = await wait.completion.wait() else {
      wait.completion.resolve(.failure(.cancelled))
      throw .cancelled
    }
    return try answer.get()
  }

  /// Ends the client gracefully: finishes what was accepted, says goodbye, and never connects again.
  ///
  /// New publishes are refused as `.notSent(.stopped)` from now on. What was accepted before is sent,
  /// also over reconnects, until every publish has its outcome or `duration` has passed; then
  /// DISCONNECT is sent, so that the broker drops the will. [MQTT-3.14.4-3] Messages that were not
  /// acknowledged stay with the broker's session. Sequences end after what waits in them.
  ///
  /// What `packet` says must be something that a client may say, or the plain DISCONNECT takes its
  /// place: see `checkDisconnect`. Returns how many publishes were unfinished at the end; their outcomes
  /// say what is known of each. Cancelling the task cuts the draining short, as `disconnectNow` does.
  @discardableResult
  public func disconnect(
    _ packet: Disconnect = Disconnect(), within duration: Duration = MQTTClient.drainTimeDefault
  ) async -> Int {
    guard isRunning else { return end() }
    port.perform { client, link in client.drain(packet, within: duration, link) }
    if let unfinished = await port.ended.wait() { return unfinished }
    return await disconnectNow(packet)
  }

  /// Throws what a client with these options may not say in DISCONNECT.
  public func checkDisconnect(_ packet: Disconnect) throws(DisconnectError) {
    try options.session.check(packet)
  }

  /// Ends the client without draining: sends DISCONNECT behind what the socket has already got.
  ///
  /// Unfinished publishes end as `.notSent(.stopped)` or `.maybeSent(.stopped)`. Returns how many.
  @discardableResult
  public func disconnectNow(_ packet: Disconnect = Disconnect()) async -> Int {
    await end(.now(packet))
  }

  /// Ends the client without a word to the broker, as a crash would; the broker publishes the will.
  ///
  /// Unfinished publishes end as `.notSent(.stopped)` or `.maybeSent(.stopped)`. Returns how many.
  @discardableResult
  public func abort() async -> Int { await end(.abort) }

  private func end(_ ending: SessionEnding) async -> Int {
    guard isRunning else { return end() }
    port.perform { client, link in client.stop(ending, link) }
    // Short: the end takes at most the time-outs of the options, also for a cancelled task.
    return await Task { [port] in await port.ended.wait() ?? 0 }.value
  }

  /// Authenticates again on the present connection, with the authenticator of the options.
  ///
  /// One at a time; publishes and deliveries go on meanwhile. A failure ends the connection, and the
  /// client connects again. Throws `.cancelled` when the task is cancelled, which leaves the exchange
  /// going on, and `.stopped` when the client has ended. [MQTT 5.0, 4.12.1]
  public func reauthenticate() async throws(ClientError) -> ReauthenticationOutcome {
    let completion = Completion<ReauthenticationOutcome>()
    let isAsked = port.perform { client, link in client.reauthenticate(completion, link) }
    guard isAsked else { throw .stopped }
    guard let outcome = await completion.wait() else { throw .cancelled }
    return outcome
  }

  /// Unsubscribes everything, finishes what was accepted, and ends.
  ///
  /// In contrast to `disconnect` nothing new can come for the session in the meantime. Consumers get
  /// what had come before. Returns how many publishes were unfinished.
  @discardableResult
  public func drain(within duration: Duration = MQTTClient.drainTimeDefault) async -> Int {
    guard isRunning else { return end() }
    port.perform { client, link in client.unsubscribeAll(link) }
    return await disconnect(within: duration)
  }

  /// Waits until every publish that was accepted before this call has its outcome.
  ///
  /// Throws `.cancelled` when the task is cancelled, and `.stopped` when the client has ended.
  public func flush() async throws(ClientError) {
    let completion = Completion<Bool>()
    let isAsked = port.perform { client, _ in
      client.publishes.flush { completion.resolve(true) }
    }
    guard isAsked else { throw .stopped }
    guard await completion.wait() != nil else { throw .cancelled }
  }
}
