import Glibc

/// The bounded queue through which other threads send values to the one thread that owns it.
///
/// When it is full, `send` says no at once and keeps nothing. `sendReserved` is for messages whose
/// number is already bounded elsewhere (one answer per parked request, for example): it never
/// refuses before `close`, because a lost answer would leave somebody waiting for ever.
///
/// Public, so that its generic code is specialized in the modules that use it.
public final class Mailbox<Message: Sendable>: Sendable {
  @usableFromInline struct State: Sendable {
    @usableFromInline var messages: [Message] = []
    @usableFromInline var bounded = 0
    @usableFromInline var isClosed = false
    @usableFromInline var isSignalled = false

    @usableFromInline init() {}
  }

  /// How many messages sent by `send` may wait.
  public let capacity: Int
  @usableFromInline let state = Locked(State())
  private let wakeUp: WakeUp

  /// Opens a mailbox in which `capacity` messages sent by `send` may wait.
  package init(capacity: Int) throws(SystemError) {
    precondition(capacity > 0, "a mailbox of \(capacity) messages")
    self.capacity = capacity
    wakeUp = try WakeUp()
  }

  /// Readable while messages wait, for the owner's poller.
  public var descriptor: Int32 { wakeUp.descriptor }

  /// How many messages wait now; from any thread.
  public var count: Int { state.withLock { $0.messages.count } }

  /// Adds a message, or returns false when the mailbox is full or closed; from any thread.
  @inlinable
  public func send(_ message: Message) -> Bool {
    enqueue { state in
      guard state.bounded < capacity else { return false }
      state.bounded += 1
      state.messages.append(message)
      return true
    }
  }

  /// Adds a message if fewer than `limit` wait for the owner; from any thread.
  ///
  /// The owner is not woken for it: the sender calls `wakeOwner` when it has no more to send for now.
  @inlinable
  public func leave(_ message: Message, ifFewerThan limit: Int) -> Bool {
    state.withLock { state in
      guard !state.isClosed, state.messages.count < limit, state.bounded < capacity else {
        return false
      }
      state.bounded += 1
      state.messages.append(message)
      return true
    }
  }

  /// Wakes the owner if messages wait that it has not been woken for; from any thread.
  public func wakeOwner() {
    let mustSignal = state.withLock { state in
      guard !state.isSignalled, !state.messages.isEmpty else { return false }
      state.isSignalled = true
      return true
    }
    if mustSignal { signal() }
  }

  /// Adds several messages, all or none; from any thread.
  @inlinable
  public func send(contentsOf messages: [Message]) -> Bool {
    enqueue { state in
      guard state.bounded + messages.count <= capacity else { return false }
      state.bounded += messages.count
      state.messages.append(contentsOf: messages)
      return true
    }
  }

  /// Adds a message whose number its sender bounds; false only after `close`; from any thread.
  @discardableResult @inlinable
  public func sendReserved(_ message: Message) -> Bool {
    enqueue { state in
      state.messages.append(message)
      return true
    }
  }

  /// Adds several of those; false only after `close`; from any thread.
  @discardableResult @inlinable
  public func sendReserved(contentsOf messages: [Message]) -> Bool {
    guard !messages.isEmpty else { return true }
    return enqueue { state in
      state.messages.append(contentsOf: messages)
      return true
    }
  }

  /// Refuses every later message; those that wait can still be received; from any thread.
  public func close() {
    state.withLock { $0.isClosed = true }
    wakeUp.signal()
  }

  /// Moves every waiting message into `messages`, which must be empty; from the owning thread.
  ///
  /// Returns false once the mailbox is closed and nothing can come any more.
  @inlinable
  public func receive(into messages: inout [Message]) -> Bool {
    precondition(messages.isEmpty, "the last batch has not been handled")
    // Cleared before the messages are taken, on every call. A sender signals after it has let go
    // of the lock, so:
    //   1. its signal may come after we took its message: the next call must clear it, or the
    //      owner would spin on a readable descriptor of an empty mailbox;
    //   2. a message that comes between the two lines below is taken by the second one.
    clear()
    return state.withLock { state in
      swap(&state.messages, &messages)
      state.bounded = 0
      state.isSignalled = false
      // The owner must come once more to see the end.
      if state.isClosed, !messages.isEmpty { signal() }
      return !(state.isClosed && messages.isEmpty)
    }
  }

  /// Waits for a message or a close, at most `timeout`; from the owning thread.
  public func wait(atMost timeout: Duration? = nil) {
    var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    unsafe poll(&waited, 1, PollTimeout.milliseconds(timeout))
  }

  @inlinable
  func enqueue(_ body: (inout sending State) -> Bool) -> Bool {
    let (accepted, mustSignal) = state.withLock { state in
      guard !state.isClosed, body(&state) else { return (false, false) }
      let mustSignal = !state.isSignalled
      state.isSignalled = true
      return (true, mustSignal)
    }
    if mustSignal { signal() }
    return accepted
  }

  @usableFromInline func signal() { wakeUp.signal() }

  @usableFromInline func clear() { wakeUp.clear() }
}
