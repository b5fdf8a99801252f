import EventLoop

/// The two queues into a link's thread.
struct LinkMailboxes<Message: Sendable>: Sendable {
  let application: Mailbox<Message>
  let control: Mailbox<LinkControl>

  init(capacity: Int) throws(SystemError) {
    try self.init(application: Mailbox(capacity: capacity))
  }

  init(application: Mailbox<Message>) throws(SystemError) {
    self.application = application
    control = try Mailbox(capacity: 16)
  }
}
