import EventLoop

/// What a consumer and the client share about one subscription; its last reference ends it.
final class SubscriptionHandle: Sendable {
  let queue: MessageQueue
  let grants: [SubscriptionGrant]
  private let port: ClientPort
  private let id: UInt64
  private let filters: [String]

  init(
    _ queue: MessageQueue, id: UInt64, _ grants: [SubscriptionGrant], _ port: ClientPort
  ) {
    self.queue = queue
    self.id = id
    self.grants = grants
    self.port = port
    filters = grants.filter(\.isGranted).map(\.filter)
  }

  deinit {
    queue.end(.finished)
    // Nobody will take what waits, and the broker waits for an answer to each.
    for settlement in queue.abandon() { port.settle(settlement, .success) }
    let id = id
    port.perform { client, link in client.delivering.close(id, link, UnsubscribeCompletion()) }
  }

  func next() async throws(ClientError) -> QueuedMessage? {
    let (taken, relief) = await queue.next()
    carryOut(relief)
    switch taken {
    case .element(let message): return message
    case .ended(.finished): return nil
    case .ended(.failed(let error)): throw error
    }
  }

  /// Waits for a message and takes what waits behind it, too.
  func nextBatch(atMost limit: Int) async throws(ClientError) -> [QueuedMessage]? {
    guard let first = try await next() else { return nil }
    guard limit > 1 else { return [first] }
    let (messages, relief) = queue.more(after: first, atMost: limit)
    carryOut(relief)
    return messages
  }

  private func carryOut(_ relief: MessageQueue.Relief) {
    if let dropped = relief.dropped {
      port.events.publish(.slowConsumer(filters: filters, dropped: dropped))
    }
    if relief.mustResume {
      let id = id
      port.perform { client, link in client.delivering.resume(id, link) }
    }
  }

  func settle(contentsOf settlements: [Settlement]) { port.settle(contentsOf: settlements) }

  func settle(_ settlement: Settlement, _ code: ReasonCode = .success) {
    port.settle(settlement, code)
  }

  func delivery(_ message: QueuedMessage) -> ManualDelivery {
    ManualDelivery(message.message, Acknowledgement(message.settlement, port))
  }

  func unsubscribe() async throws(ClientError) -> [SubscriptionGrant] {
    let (id, completion) = (id, UnsubscribeCompletion())
    defer { queue.end(.finished) }
    guard
      port.perform({ client, link in client.delivering.close(id, link, completion) })
    else { throw .stopped }
    guard let answer = await completion.wait() else { throw .cancelled }
    return try answer.get()
  }

  /// Unsubscribes, and waits for the answer as long as the task is not cancelled.
  func close() async {
    do throws(ClientError) {
      _ = try await unsubscribe()
    } catch {
      // The client has ended, or the task is cancelled: the wish to unsubscribe stands.
    }
    for settlement in queue.abandon() { port.settle(settlement, .success) }
  }
}

extension ClientPort {
  /// Ends a queue when the time is over.
  func end(
    _ queue: MessageQueue, within duration: Duration, _ ending: MessageQueue.Room.Ending
  ) {
    let deadline = MonotonicClock.now() + duration
    perform { client, _ in
      client.deadlines.add(at: deadline, isNeeded: { !queue.isEnded }) { queue.end(ending) }
    }
  }
}
