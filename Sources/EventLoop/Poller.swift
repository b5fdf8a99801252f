import CLinux
import Glibc

/// The descriptors one loop waits for, by epoll.
///
/// Every call belongs to the owning thread.
@safe package struct Poller: ~Copyable {
  /// What a descriptor is watched for.
  package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Self(rawValue: clinux_epoll_in)
    package static let writable = Self(rawValue: clinux_epoll_out)
    package static let peerClosed = Self(rawValue: clinux_epoll_peer_closed)
  }

  /// What happened to the descriptor that was added with `token`.
  package struct Event: Sendable {
    package let token: UInt64
    private let mask: UInt32

    fileprivate init(token: UInt64, mask: UInt32) {
      self.token = token
      self.mask = mask
    }

    package var isReadable: Bool { mask & clinux_epoll_in != 0 }
    package var isWritable: Bool { mask & clinux_epoll_out != 0 }
    /// The peer will send nothing more, or the descriptor is in error.
    package var isClosed: Bool {
      mask & (clinux_epoll_peer_closed | clinux_epoll_hangup | clinux_epoll_error) != 0
    }
    /// Both directions have ended, or the descriptor is in error; told whatever it is watched for.
    package var isHungUp: Bool { mask & (clinux_epoll_hangup | clinux_epoll_error) != 0 }
  }

  private let epoll: Descriptor
  private var ready: [epoll_event]

  /// Opens an epoll set; `eventsPerWait` bounds what one wait returns.
  package init(eventsPerWait: Int = 256) throws(SystemError) {
    let number = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard number >= 0 else { throw SystemError("epoll_create1") }
    epoll = Descriptor(owning: number)
    unsafe ready = Array(repeating: epoll_event(), count: eventsPerWait)
  }

  /// Readable while an event waits, for another poller.
  package var descriptor: Int32 { epoll.number }

  package borrowing func add(
    _ descriptor: Int32, _ interest: Interest, token: UInt64
  ) throws(SystemError) {
    try control(EPOLL_CTL_ADD, descriptor, interest, token)
  }

  package borrowing func modify(
    _ descriptor: Int32, _ interest: Interest, token: UInt64
  ) throws(SystemError) {
    try control(EPOLL_CTL_MOD, descriptor, interest, token)
  }

  package borrowing func remove(_ descriptor: Int32) throws(SystemError) {
    try control(EPOLL_CTL_DEL, descriptor, [], 0)
  }

  /// Waits, then hands out every event; an interrupted wait is an empty one.
  ///
  /// A timeout of nil waits for ever; zero only looks.
  package mutating func wait(
    atMost timeout: Duration?, _ handle: (Event) -> Void
  ) throws(SystemError) {
    let count = unsafe epoll_wait(
      epoll.number, &ready, Int32(ready.count), PollTimeout.milliseconds(timeout))
    guard count >= 0 else {
      if errno == EINTR { return }
      throw SystemError("epoll_wait")
    }
    for index in 0..<Int(count) {
      let event = unsafe Event(
        token: clinux_event_token(&ready[index]), mask: clinux_event_mask(&ready[index]))
      handle(event)
    }
  }

  private borrowing func control(
    _ operation: Int32, _ descriptor: Int32, _ interest: Interest, _ token: UInt64
  ) throws(SystemError) {
    guard
      clinux_epoll_control(epoll.number, operation, descriptor, interest.rawValue, token) == 0
    else { throw SystemError("epoll_ctl") }
  }
}
