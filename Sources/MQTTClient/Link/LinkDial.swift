import EventLoop

/// The race of the addresses of one host for a connected socket.
final class LinkDial {
  /// What an input led to.
  enum Progress {
    case pending
    case connected(TCPSocket)
    case failed(LinkError)
  }

  private struct Attempt {
    let socket: TCPSocket
    /// Nil for one that was connected at once.
    let watch: PollSet.Watch?
  }

  private let pollSet: PollSet
  private let options: SocketOptions
  private var dialer: Dialer
  private var attempts: [Int: Attempt] = [:]
  private var actions: [Dialer.Action] = []

  /// Prepares the race; `start` begins it.
  init(
    _ addresses: [SocketAddress], _ pace: Dialer.Pace, _ options: SocketOptions,
    _ pollSet: PollSet
  ) {
    self.options = options
    self.pollSet = pollSet
    dialer = Dialer(addresses, pace)
  }

  var nextDeadline: Duration? { dialer.nextDeadline }

  func start(at now: Duration) -> Progress {
    dialer.start(at: now, &actions)
    return run(at: now)
  }

  /// Whether the event belongs to this race, and what it led to if so.
  func handle(_ event: Poller.Event, at now: Duration) -> Progress? {
    guard let (number, attempt) = attempts.first(where: { $1.watch?.token == event.token }) else {
      return nil
    }
    if let error = attempt.socket.connectError {
      dialer.failed(number, error, at: now, &actions)
    } else {
      dialer.connected(number, &actions)
    }
    return run(at: now)
  }

  func timerFired(at now: Duration) -> Progress {
    dialer.timerFired(at: now, &actions)
    return run(at: now)
  }

  /// Closes every attempt; returns what became of each address.
  func giveUp() -> [Dialer.AddressFailure] {
    dialer.giveUp(&actions)
    guard case .failed(.notConnected(let failures)) = run(at: .zero) else { return [] }
    return failures
  }

  private func run(at now: Duration) -> Progress {
    var progress = Progress.pending
    var index = 0
    // Connecting may fail or succeed at once, which appends further actions.
    while index < actions.count {
      switch actions[index] {
      case .connect(let attempt, let address): connect(attempt, address, at: now)
      case .close(let attempt): close(attempt)
      case .finish(let attempt):
        if let socket = close(attempt) { progress = .connected(socket) }
      case .fail(let failures): progress = .failed(.notConnected(failures))
      }
      index += 1
    }
    actions.removeAll(keepingCapacity: true)
    return progress
  }

  private func connect(_ attempt: Int, _ address: SocketAddress, at now: Duration) {
    do throws(SystemError) {
      let socket = try TCPSocket(connectingTo: address, options)
      guard !socket.isConnected else {
        attempts[attempt] = Attempt(socket: socket, watch: nil)
        return dialer.connected(attempt, &actions)
      }
      let watch = try pollSet.watch(socket.descriptor, .writable)
      attempts[attempt] = Attempt(socket: socket, watch: watch)
    } catch {
      dialer.failed(attempt, error, at: now, &actions)
    }
  }

  @discardableResult
  private func close(_ number: Int) -> TCPSocket? {
    guard let attempt = attempts.removeValue(forKey: number) else { return nil }
    if let watch = attempt.watch { pollSet.forget(watch) }
    return attempt.socket
  }
}
