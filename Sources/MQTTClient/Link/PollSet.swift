import EventLoop

/// The descriptors the link waits for, each under a token that is never used again.
///
/// An event that is still queued for a closed connection thereby finds nobody, even if the system
/// has given its descriptor number to a new one.
final class PollSet {
  /// A descriptor in the set, with what it is watched for.
  struct Watch {
    let descriptor: Int32
    let token: UInt64
    fileprivate(set) var interest: Poller.Interest
  }

  private var poller: Poller
  private var lastToken: UInt64 = 2
  var mailbox: Watch
  let control: Watch
  /// What the last wait returned.
  private(set) var events: [Poller.Event] = []

  /// Opens the set, in which the mailboxes of the link are.
  init(_ mailboxes: LinkMailboxes<some Sendable>) throws(SystemError) {
    poller = try Poller(eventsPerWait: 64)
    mailbox = Watch(
      descriptor: mailboxes.application.descriptor, token: 1, interest: .readable)
    control = Watch(descriptor: mailboxes.control.descriptor, token: 2, interest: .readable)
    for watch in [mailbox, control] {
      try poller.add(watch.descriptor, watch.interest, token: watch.token)
    }
  }

  /// Readable when `wait` would return at once; for the poller of whoever drives the loop.
  var descriptor: Int32 { poller.descriptor }

  func watch(_ descriptor: Int32, _ interest: Poller.Interest) throws(SystemError) -> Watch {
    lastToken += 1
    try poller.add(descriptor, interest, token: lastToken)
    return Watch(descriptor: descriptor, token: lastToken, interest: interest)
  }

  /// Changes what is watched for; costs nothing when it is the same.
  func change(_ watch: inout Watch, to interest: Poller.Interest) {
    guard watch.interest != interest else { return }
    watch.interest = interest
    do throws(SystemError) {
      try poller.modify(watch.descriptor, interest, token: watch.token)
    } catch {
      preconditionFailure("a watched descriptor cannot be changed: \(error)")
    }
  }

  /// Ends the watch; the descriptor must still be open.
  func forget(_ watch: Watch) {
    do throws(SystemError) {
      try poller.remove(watch.descriptor)
    } catch {
      preconditionFailure("a watched descriptor cannot be removed: \(error)")
    }
  }

  /// Waits for events, which `events` then holds.
  func wait(atMost timeout: Duration?) {
    var events = exchange(&events, with: [])
    events.removeAll(keepingCapacity: true)
    do throws(SystemError) {
      try poller.wait(atMost: timeout) { events.append($0) }
    } catch {
      preconditionFailure("the poller does not wait: \(error)")
    }
    self.events = events
  }
}
