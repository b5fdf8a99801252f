import EventLoop
import MQTTClient
import TestSupport

/// What a link has told its application, for a test on another thread to wait for.
final class EventRecorder: Sendable {
  private let mailbox: Mailbox<LinkEvent>
  private let waiting = Locked<[LinkEvent]>([])

  init() throws {
    mailbox = try Mailbox(capacity: 1_000_000)
  }

  func record(_ event: LinkEvent) { _ = mailbox.send(event) }

  /// The next event in order, or an error when none came in time.
  func next(within limit: Duration = .seconds(20)) throws -> LinkEvent {
    let deadline = Deadline(after: limit)
    while true {
      let event = waiting.withLock { waiting in
        if waiting.isEmpty {
          var received: [LinkEvent] = []
          _ = mailbox.receive(into: &received)
          waiting = received.reversed()
        }
        return waiting.popLast()
      }
      if let event { return event }
      guard !deadline.hasPassed else { throw TestFailure("the link said nothing in time") }
      mailbox.wait(atMost: .milliseconds(Int(deadline.millisecondsLeft)))
    }
  }

  /// The first event that `select` takes; those before it are dropped.
  func first<Result>(
    within limit: Duration = .seconds(20), _ select: (LinkEvent) -> Result?
  ) throws -> Result {
    let deadline = Deadline(after: limit)
    while true {
      let event = try next(within: .milliseconds(Int(deadline.millisecondsLeft)))
      if let result = select(event) { return result }
    }
  }

  @discardableResult
  func up() throws -> ConnectAck {
    try first { if case .up(let ack) = $0 { ack } else { nil } }
  }

  func down() throws -> (reason: DownReason, detail: LinkError?) {
    try first { if case .down(let reason, let detail, _) = $0 { (reason, detail) } else { nil } }
  }

  func finished(_ key: UInt64) throws -> PublishOutcome {
    try first { if case .finished(key, let outcome) = $0 { outcome } else { nil } }
  }

  func delivered() throws -> (publish: Publish, token: AckToken) {
    try first { if case .delivered(let publish, let token) = $0 { (publish, token) } else { nil } }
  }
}
