/// How a client is doing, for a person who wants to know why it does not work.
///
/// A snapshot that never changes; nothing in it is a secret.
public struct Diagnostics: Equatable, Sendable {
  /// How far the client is from a usable connection; what the broker allows while there is one.
  public internal(set) var state = ClientState.idle
  /// How long it has been connected, or disconnected, or idle.
  public internal(set) var stateAge = Duration.zero
  /// The number of the last attempt to connect, counted from the end of the last connection.
  public internal(set) var attempt = 0
  /// The URLs that the client connects to, without user names, passwords and other secrets.
  public let servers: [String]
  /// What TLS has agreed on with the broker, now or on the last connection; nil without TLS.
  public internal(set) var tls: TLSDetails?
  /// Why the last connection, or the last attempt at one, ended; it stays after a reconnect.
  public internal(set) var lastFailure: ConnectionFailure?
  /// What waits, is in flight or is owed.
  public internal(set) var queues = ClientMetrics.Gauges()

  init(servers: [String]) { self.servers = servers }
}

extension Diagnostics: CustomStringConvertible {
  /// A few words on each point, on one line.
  public var description: String {
    var text = "\(servers.joined(separator: ", ")) \(word) for \(stateAge)"
    if let tls { text += ", \(tls.version) \(tls.cipherSuite)" }
    if attempt > 1 { text += ", attempt \(attempt)" }
    if let lastFailure { text += ", last failure: \(lastFailure)" }
    text += ", queued \(queues.queuedPublishes), in flight \(queues.inFlightPublishes)"
    return text + "/\(queues.inFlightMaximum), unacknowledged \(queues.unacknowledgedDeliveries)"
  }

  private var word: String {
    switch state {
    case .idle: "idle"
    case .connecting: "connecting"
    case .connected: "connected"
    case .disconnected: "disconnected"
    case .draining: "draining"
    case .stopped: "stopped"
    }
  }
}
