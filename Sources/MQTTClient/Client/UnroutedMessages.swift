import DequeModule

/// Messages that nobody listens to yet, held for a while.
///
/// A broker sends what it kept for a session right after CONNACK, maybe before the program has said
/// who listens. What is held is not acknowledged. Its QoS 1 and 2 messages are bounded by what
/// may be unacknowledged, those of QoS 0 by `messagesMax` and `bytesMax`, the oldest of them making room.
struct UnroutedMessages {
  private struct Held {
    let message: QueuedMessage
    let until: Duration
  }

  static let messagesMax = 1024
  static let bytesMax = 16 << 20

  private var held: Deque<Held> = []
  private var bytes = 0

  var isEmpty: Bool { held.isEmpty }
  var nextDeadline: Duration? { held.first?.until }

  /// Holds a message; returns one that had to go.
  mutating func hold(_ message: QueuedMessage, until: Duration) -> QueuedMessage? {
    let isBounded = message.message.qos == .atMostOnce
    guard isBounded, held.count >= Self.messagesMax || bytes + message.bytes > Self.bytesMax else {
      add(message, until)
      return nil
    }
    guard let oldest = held.firstIndex(where: { $0.message.message.qos == .atMostOnce }) else {
      return message
    }
    let gone = held.remove(at: oldest)
    bytes -= gone.message.bytes
    add(message, until)
    return gone.message
  }

  private mutating func add(_ message: QueuedMessage, _ until: Duration) {
    bytes += message.bytes
    held.append(Held(message: message, until: until))
  }

  /// Takes the messages out that somebody listens to now, in order.
  mutating func take(_ isWanted: (Message) -> Bool) -> [QueuedMessage] {
    var taken: [QueuedMessage] = []
    var left: Deque<Held> = []
    for entry in held {
      if isWanted(entry.message.message) {
        taken.append(entry.message)
        bytes -= entry.message.bytes
      } else {
        left.append(entry)
      }
    }
    held = left
    return taken
  }

  /// Takes the messages out that have been held long enough.
  mutating func takeExpired(at now: Duration) -> [QueuedMessage] {
    var taken: [QueuedMessage] = []
    while let first = held.first, first.until <= now {
      held.removeFirst()
      bytes -= first.message.bytes
      taken.append(first.message)
    }
    return taken
  }

  /// The link that brought them is gone; the broker sends those of QoS 1 again.
  mutating func linkEnded() {
    held.removeAll { $0.message.message.qos == .atLeastOnce }
    bytes = held.reduce(0) { $0 + $1.message.bytes }
  }
}
