/// The way of one attempt through the servers: which comes next, and how long it may take.
///
///     server ──a service──▶ its targets, each like a server
///       └─failed, or its time is over──▶ the next one ──none is left──▶ exhausted
///
/// Every server or target but the last one left gets an equal share of the time that remains, so
/// that one which hangs does not use up the time of the others. The last one may take all of it.
struct ServerSearch {
  /// One host and port to connect to.
  struct Target: Equatable {
    let server: BrokerURL
    let host: String
    let port: UInt16
  }

  enum Step: Equatable {
    case lookUp(BrokerURL)
    case connect(Target)
    case exhausted
  }

  private struct Entry {
    let server: BrokerURL
    /// In the list of servers.
    let place: Int
    /// Nil for a service, as long as its hosts are not known.
    var target: Target?
  }

  private let until: Duration
  /// The next one is last.
  private var waiting: [Entry]
  private var current: Entry?
  /// When the present server's share is over; nil when nobody waits for the time.
  private(set) var deadline: Duration?
  /// What became of those that failed, in order.
  private(set) var failures: [ServerFailure] = []

  /// Goes through the servers in this order; everything together may take until `until`.
  init(_ servers: [BrokerURL], until: Duration) {
    self.until = until
    waiting = servers.enumerated().reversed().map { place, server in
      let (host, port) = (server.host, server.port)
      let target = Target(server: server, host: host, port: port)
      return Entry(server: server, place: place, target: server.scheme.isService ? nil : target)
    }
  }

  /// The server whose turn it is.
  var server: BrokerURL? { current?.server }

  /// The place of the server in the list.
  var place: Int? { current?.place }

  /// Goes on to the next one.
  mutating func next(at now: Duration) -> Step {
    current = waiting.popLast()
    deadline = waiting.isEmpty ? nil : now + max(until - now, .zero) / (waiting.count + 1)
    guard let current else { return .exhausted }
    return current.target.map { .connect($0) } ?? .lookUp(current.server)
  }

  /// DNS named the hosts of the present service, the first to try first.
  mutating func found(_ targets: [(host: String, port: UInt16)]) {
    guard let service = exchange(&current, with: nil) else { return }
    for (host, port) in targets.reversed() {
      var entry = service
      entry.target = Target(server: service.server, host: host, port: port)
      waiting.append(entry)
    }
  }

  /// The present one failed.
  mutating func failed(_ error: LinkError) {
    guard let entry = exchange(&current, with: nil) else { return }
    deadline = nil
    failures.append(
      ServerFailure(
        server: entry.server, host: entry.target?.host ?? "", port: entry.target?.port ?? 0,
        error: error))
  }

  /// The whole report; what a single server failed by stands for itself.
  var error: LinkError {
    guard failures.count == 1 else { return .noServer(failures) }
    return failures[0].error
  }
}

/// What became of one server, or of one host that serves a domain.
package struct ServerFailure: Equatable, Sendable, CustomStringConvertible {
  package let server: BrokerURL
  /// Empty when the hosts of a domain could not be found.
  package let host: String
  package let port: UInt16
  package let error: LinkError

  package var description: String {
    let isTarget = server.scheme.isService && !host.isEmpty
    return "\(server)\(isTarget ? " (\(host):\(port))" : ""): \(error)"
  }
}
