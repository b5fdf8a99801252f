import DequeModule
import EventLoop

/// One stream of `ByteLinks`, on their thread.
final class ByteLink {
  private enum Phase { case attempting, handshaking, open, closing }

  /// How long the last bytes may take to leave.
  private static let closeLimit = Duration.seconds(5)

  private let attempt: LinkAttempt
  private let pollSet: PollSet
  private var phase = Phase.attempting
  private var stack: TransportStack?
  private var watch: PollSet.Watch?
  private var outgoing: Deque<[UInt8]> = []
  /// How much of the first of them has left.
  private var offset = 0
  /// Of all of them, what has not left.
  private var waiting = 0
  private var isPaused = false
  private var deadline: Duration
  /// Why it is over; nil while it lives.
  private(set) var end: String?

  init(_ attempt: LinkAttempt, _ pollSet: PollSet, until deadline: Duration) {
    self.attempt = attempt
    self.pollSet = pollSet
    self.deadline = deadline
  }

  deinit {
    if let watch { pollSet.forget(watch) }
  }

  var nextDeadline: Duration? {
    switch phase {
    case .attempting: [attempt.nextDeadline, deadline].compactMap(\.self).min()
    case .handshaking, .closing: [stack?.top.nextDeadline, deadline].compactMap(\.self).min()
    case .open: stack?.top.nextDeadline
    }
  }

  /// Whether bytes are there that the poller cannot see.
  var mustNotWait: Bool {
    guard phase == .open, !isPaused, end == nil else { return false }
    return stack?.top.holdsInput ?? false
  }

  func begin(at now: Duration) { proceed(attempt.begin(at: now), at: now) }

  func answered(_ ticket: AttemptTicket, _ answer: AttemptAnswer, at now: Duration) {
    guard phase == .attempting else { return }
    proceed(attempt.answered(ticket, answer, at: now), at: now)
  }

  func send(_ bytes: [UInt8]) {
    guard phase != .closing, !bytes.isEmpty else { return }
    outgoing.append(bytes)
    waiting += bytes.count
  }

  func pause(_ isPaused: Bool) { self.isPaused = isPaused }

  func close(at now: Duration) {
    guard phase == .open, !outgoing.isEmpty else { return end = end ?? "closed" }
    phase = .closing
    deadline = now + Self.closeLimit
  }

  /// An event came while it was not connected.
  func handle(_ event: Poller.Event, at now: Duration) {
    guard phase == .attempting, let progress = attempt.handle(event, at: now) else { return }
    proceed(progress, at: now)
  }

  /// Under which its events come once it is connected.
  var token: UInt64? { watch?.token }

  /// Reads and writes what can be.
  func turn(
    at now: Duration, _ buffer: inout [UInt8], _ tell: (ByteLinkEvent) -> Void
  ) {
    guard end == nil, let stack, phase != .attempting else { return }
    do throws(TransportError) {
      if phase == .handshaking {
        guard try stack.advance() else { return }
        phase = .open
      }
      try write(stack, tell)
      if phase == .closing, outgoing.isEmpty, stack.top.heldOutput == 0 { return end = "closed" }
      try read(stack, &buffer, tell)
    } catch {
      end = "\(error)"
    }
  }

  func timerFired(at now: Duration) {
    guard end == nil else { return }
    if now >= deadline, phase != .open {
      return end = phase == .closing ? "closed" : "\(attempt.giveUp(attempt.step))"
    }
    if phase == .attempting { return proceed(attempt.timerFired(at: now), at: now) }
    do throws(TransportError) {
      try stack?.top.timerFired(at: now)
    } catch {
      end = "\(error)"
    }
  }

  func updateInterest() {
    guard var watch, let stack, end == nil else { return }
    var interest = stack.top.needs.union(.peerClosed)
    if phase != .handshaking {
      if !isPaused { interest.formUnion(.readable) }
      if !outgoing.isEmpty || stack.top.heldOutput > 0 { interest.formUnion(.writable) }
    }
    pollSet.change(&watch, to: interest)
    self.watch = watch
  }

  private func proceed(_ progress: LinkAttempt.Progress, at now: Duration) {
    switch progress {
    case .pending: return
    case .failed(let error): end = "\(error)"
    case .connected(let stack):
      do throws(SystemError) {
        watch = try pollSet.watch(
          stack.top.descriptor, stack.top.needs.union([.peerClosed, .writable]))
        self.stack = stack
        phase = .handshaking
      } catch {
        end = "\(error)"
      }
    }
  }

  private func write(
    _ stack: TransportStack, _ tell: (ByteLinkEvent) -> Void
  ) throws(TransportError) {
    let before = waiting
    if stack.top.heldOutput > 0 { try stack.top.flush() }
    while let first = outgoing.first {
      let taken = try stack.top.send(first[offset...])
      waiting -= taken
      offset += taken
      guard offset == first.count else { break }
      outgoing.removeFirst()
      offset = 0
    }
    if waiting < before { tell(.sent(waiting: waiting)) }
  }

  /// A bounded number of reads, so that others have their turn.
  private func read(
    _ stack: TransportStack, _ buffer: inout [UInt8], _ tell: (ByteLinkEvent) -> Void
  ) throws(TransportError) {
    for _ in 0..<4 where !isPaused {
      switch try stack.top.receive(into: &buffer) {
      case .nothingYet: return
      case .end: return end = "the broker closed the connection"
      case .bytes(let count):
        if phase == .open { tell(.received(Array(buffer[..<count]))) }
        if count < buffer.count, !stack.top.holdsInput { return }
      }
    }
  }
}
