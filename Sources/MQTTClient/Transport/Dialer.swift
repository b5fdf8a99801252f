package import EventLoop

/// The race for one connection to a host with several addresses. [RFC 8305, section 5]
///
///     idle ─start─▶ dialling ─connected─▶ finished (the first success; the others are closed)
///                    │    ▲ └─failed, no address left─▶ finished (a report for every address)
///                    └────┘ failed, timerFired: the next address
///
/// The families alternate, beginning with the one the system prefers, so that a dead IPv6 route
/// costs one stagger and not a system time-out. Attempts are named by their place in the order.
package struct Dialer: ~Copyable {
  package enum Action: Equatable, Sendable {
    case connect(attempt: Int, SocketAddress)
    case close(attempt: Int)
    case finish(attempt: Int)
    case fail([AddressFailure])
  }

  /// What became of one address.
  package struct AddressFailure: Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
      case refused(SystemError)
      case unanswered
      case untried
    }

    package let address: SocketAddress
    package let reason: Reason
  }

  /// When an address gets its turn although an earlier one has not failed.
  package enum Pace: Equatable, Sendable {
    /// Beside the others, after this head start of the one before it.
    case staggered(Duration)
    /// One at a time, each with an equal share of the time that is left until then.
    case sequential(until: Duration)
  }

  private enum Attempt: Equatable {
    case untried, connecting, unanswered
    case refused(SystemError)
  }

  /// More addresses of one name than this are not tried.
  package static let addressesMax = 16

  private let addresses: [SocketAddress]
  private let pace: Pace
  private var attempts: [Attempt]
  private var next = 0
  private var isFinished = false

  /// When the next address gets its chance although earlier ones have not failed.
  package private(set) var nextDeadline: Duration?

  /// Orders the addresses; `stagger` is the head start each has before the next one.
  package init(_ addresses: [SocketAddress], stagger: Duration = .milliseconds(250)) {
    self.init(addresses, .staggered(stagger))
  }

  /// Orders the addresses.
  package init(_ addresses: [SocketAddress], _ pace: Pace) {
    self.addresses = Self.interleaved(addresses)
    self.pace = pace
    attempts = Array(repeating: .untried, count: self.addresses.count)
  }

  package mutating func start(at now: Duration, _ actions: inout [Action]) {
    precondition(next == 0, "a dialer starts once")
    dialNext(at: now, &actions)
  }

  package mutating func connected(_ attempt: Int, _ actions: inout [Action]) {
    guard !isFinished else { return }
    finish()
    closeOthers(than: attempt, &actions)
    actions.append(.finish(attempt: attempt))
  }

  package mutating func failed(
    _ attempt: Int, _ error: SystemError, at now: Duration, _ actions: inout [Action]
  ) {
    guard !isFinished, attempts[attempt] == .connecting else { return }
    attempts[attempt] = .refused(error)
    actions.append(.close(attempt: attempt))
    dialNext(at: now, &actions)
  }

  package mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    guard let deadline = nextDeadline, now >= deadline else { return }
    if case .sequential = pace {
      attempts[next - 1] = .unanswered
      actions.append(.close(attempt: next - 1))
    }
    dialNext(at: now, &actions)
  }

  /// The owner waits no longer: every attempt is closed and reported.
  package mutating func giveUp(_ actions: inout [Action]) {
    guard !isFinished else { return }
    finish()
    closeOthers(than: nil, &actions)
    actions.append(.fail(report))
  }

  private mutating func dialNext(at now: Duration, _ actions: inout [Action]) {
    guard next < addresses.count else {
      nextDeadline = nil
      guard !attempts.contains(.connecting) else { return }
      finish()
      return actions.append(.fail(report))
    }
    attempts[next] = .connecting
    actions.append(.connect(attempt: next, addresses[next]))
    next += 1
    nextDeadline = next < addresses.count ? now + headStart(at: now) : nil
  }

  private func headStart(at now: Duration) -> Duration {
    switch pace {
    case .staggered(let stagger): stagger
    case .sequential(let until): max(until - now, .zero) / (addresses.count - next + 1)
    }
  }

  private mutating func finish() {
    isFinished = true
    nextDeadline = nil
  }

  private func closeOthers(than winner: Int?, _ actions: inout [Action]) {
    for (attempt, state) in attempts.enumerated() where state == .connecting && attempt != winner {
      actions.append(.close(attempt: attempt))
    }
  }

  private var report: [AddressFailure] {
    zip(addresses, attempts).map { address, attempt in
      switch attempt {
      case .untried: AddressFailure(address: address, reason: .untried)
      case .connecting, .unanswered:
        AddressFailure(address: address, reason: .unanswered)
      case .refused(let error): AddressFailure(address: address, reason: .refused(error))
      }
    }
  }

  private static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
    guard let first = addresses.first else { return [] }
    let preferred = addresses.filter { $0.isVersion6 == first.isVersion6 }
    let others = addresses.filter { $0.isVersion6 != first.isVersion6 }
    var ordered: [SocketAddress] = []
    for index in 0..<max(preferred.count, others.count) {
      if index < preferred.count { ordered.append(preferred[index]) }
      if index < others.count { ordered.append(others[index]) }
    }
    return Array(ordered.prefix(addressesMax))
  }
}

extension Dialer.AddressFailure: CustomStringConvertible {
  package var description: String {
    switch reason {
    case .refused(let error): "\(address) \(error)"
    case .unanswered: "\(address) no answer"
    case .untried: "\(address) not tried"
    }
  }
}
