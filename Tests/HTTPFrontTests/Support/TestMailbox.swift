import EventLoop

/// Values from another thread, waited for with a deadline.
final class TestMailbox<Value: Sendable>: Sendable {
  private let mailbox: Mailbox<Value>

  init() throws { mailbox = try Mailbox(capacity: 1024) }

  func send(_ value: Value) { mailbox.sendReserved(value) }

  /// The next batch's first value; nil after a long time.
  func next() -> Value? {
    mailbox.wait(atMost: .seconds(10))
    var values: [Value] = []
    _ = mailbox.receive(into: &values)
    return values.first
  }
}
