import EventLoop

/// The two queues into a link's thread.
struct LinkMailboxes<Message: Sendable>: Sendable {
  let application: Mailbox<Message>
  let control: Mailbox<LinkControl>

  init(capacity: Int) throws(SystemError) {
    application = try Mailbox(capacity: capacity)
    control = try Mailbox(capacity: 16)
  }
}
