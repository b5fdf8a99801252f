import EventLoop

/// The way to a connected socket: name lookup, then the race of the addresses.
final class LinkDial {
  /// What an input led to.
  enum Progress {
    case pending
    case connected(TCPSocket)
    case failed(LinkError)
  }

  private struct Attempt {
    let socket: TCPSocket
    let watch: PollSet.Watch
  }

  private let pollSet: PollSet
  private let options: ClientOptions
  private var dialer: Dialer?
  private var attempts: [Int: Attempt] = [:]
  private var actions: [Dialer.Action] = []

  init(_ options: ClientOptions, _ pollSet: PollSet) {
    self.options = options
    self.pollSet = pollSet
  }

  var step: LinkStep { dialer == nil ? .resolving : .dialling }

  var nextDeadline: Duration? { dialer?.nextDeadline }

  func resolved(_ addresses: [SocketAddress], at now: Duration) -> Progress {
    guard dialer == nil else { return .pending }
    var started = Dialer(addresses, stagger: options.dialStagger)
    started.start(at: now, &actions)
    dialer = consume started
    return run(at: now)
  }

  /// Whether the event belongs to this attempt, and what it led to if so.
  func handle(_ event: Poller.Event, at now: Duration) -> Progress? {
    guard let (number, attempt) = attempts.first(where: { $1.watch.token == event.token }) else {
      return nil
    }
    if let error = attempt.socket.connectError {
      dialer?.failed(number, error, at: now, &actions)
    } else {
      dialer?.connected(number, &actions)
    }
    return run(at: now)
  }

  func timerFired(at now: Duration) -> Progress {
    dialer?.timerFired(at: now, &actions)
    return run(at: now)
  }

  /// Closes every attempt; returns what became of each address, if it came to that.
  func giveUp() -> [Dialer.AddressFailure] {
    dialer?.giveUp(&actions)
    guard case .failed(.notConnected(let failures)) = run(at: .zero) else { return [] }
    return failures
  }

  private func run(at now: Duration) -> Progress {
    var progress = Progress.pending
    var index = 0
    // Connecting may fail at once, which appends further actions.
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
      let socket = try TCPSocket(connectingTo: address, SocketOptions(options.network))
      let watch = try pollSet.watch(socket.descriptor, .writable)
      attempts[attempt] = Attempt(socket: socket, watch: watch)
    } catch {
      dialer?.failed(attempt, error, at: now, &actions)
    }
  }

  @discardableResult
  private func close(_ number: Int) -> TCPSocket? {
    guard let attempt = attempts.removeValue(forKey: number) else { return nil }
    pollSet.forget(attempt.watch)
    return attempt.socket
  }
}
