package import EventLoop

/// A message sequence without a client, fed by hand, for clients that only play one.
package final class DetachedMessages: Sendable {
  /// What the consumer reads; acknowledgements go nowhere.
  package let sequence: MessageSequence
  private let queue: MessageQueue

  /// Makes an empty sequence; throws when the system has no descriptor left.
  package init(_ filters: [String], buffer: MessageBuffering) throws(SystemError) {
    let mailbox = try Mailbox<ClientCommand>(capacity: 1)
    mailbox.close()
    queue = MessageQueue(buffer)
    let grants = filters.map { SubscriptionGrant(filter: $0, reasonCode: .grantedQoS2) }
    sequence = MessageSequence(
      handle: SubscriptionHandle(
        queue, id: 0, grants, ClientPort(mailbox, enqueuedMaximum: 0)))
  }

  /// Whether the consumer or `end` has ended the sequence.
  package var isEnded: Bool { queue.isEnded }

  /// Adds a message, as far as the buffer's policy lets it in.
  package func add(_ message: Message) {
    _ = queue.add([QueuedMessage(message: message, settlement: .nothing)])
  }

  /// Ends the sequence after what waits in it, with an error or without.
  package func end(_ error: ClientError? = nil) {
    queue.end(error.map { .failed($0) } ?? .finished)
  }
}
