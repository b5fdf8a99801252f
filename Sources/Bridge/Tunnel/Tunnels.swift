import EventLoop
import HTTPFront
import MQTTClient
import WebSocketProtocol

/// The tunnels of `GET /mqtt` as the http threads see them.
///
/// Everything a client sends goes to the thread of the connections, where its packets are looked at. A client
/// is not read while much of what it sent waits there.
final class Tunnels: Sendable {
  private struct Entry: Sendable {
    /// Bytes of the client that are not with the broker.
    var waiting = 0
    var isPaused = false
  }

  /// More than this on its way to the broker, and the client is not read.
  static let waitingBytesMax = 256 << 10

  private let wiring: Wiring
  private let rules = Locked<[StreamID: TunnelRules]>([:])
  private let entries = Locked<[StreamID: Entry]>([:])

  init(_ wiring: Wiring) { self.wiring = wiring }

  /// A request is about to become a tunnel.
  func admitted(_ id: StreamID, _ rules: TunnelRules) {
    self.rules.withLock { $0[id] = rules }
    entries.withLock { $0[id] = Entry() }
  }

  /// The handshake is done; nothing when it is no tunnel.
  func opened(_ id: StreamID) {
    guard let rules = rules.withLock({ $0.removeValue(forKey: id) }) else { return }
    guard wiring.byteLinks?.send(.open(id, rules)) != true else { return }
    let status = CloseStatus(.tryAgainLater, reason: "no connection to the broker")
    wiring.server?.deliver([.close(id, status)], toShard: id.shard)
  }

  /// Bytes of the client; nil when it is no tunnel.
  func received(_ id: StreamID, _ bytes: ArraySlice<UInt8>) -> SocketFlow? {
    let flow = entries.withLock { entries -> SocketFlow? in
      guard var entry = entries[id] else { return nil }
      entry.waiting += bytes.count
      entry.isPaused = entry.waiting > Self.waitingBytesMax
      entries[id] = entry
      return entry.isPaused ? .pause : .more
    }
    if flow != nil { _ = wiring.byteLinks?.send(.received(id, Array(bytes))) }
    return flow
  }

  /// So many bytes of the client are with the broker, or for nobody; on the thread of the connections.
  func passed(_ count: Int, of id: StreamID) {
    let resumes = entries.withLock { entries -> Bool in
      guard var entry = entries[id] else { return false }
      entry.waiting -= count
      let resumes = entry.isPaused && entry.waiting <= Self.waitingBytesMax / 2
      if resumes { entry.isPaused = false }
      entries[id] = entry
      return resumes
    }
    if resumes { wiring.server?.deliver([.resumeReading(id)], toShard: id.shard) }
  }

  /// Whether so much waits for the client that the broker must wait too.
  func crowded(_ id: StreamID, _ isCrowded: Bool) {
    guard entries.withLock({ $0[id] != nil }) else { return }
    _ = wiring.byteLinks?.send(.crowded(id, isCrowded))
  }

  func closed(_ id: StreamID) {
    rules.withLock { $0[id] = nil }
    guard entries.withLock({ $0.removeValue(forKey: id) }) != nil else { return }
    _ = wiring.byteLinks?.send(.closed(id))
  }

  /// The token of a caller has ended.
  func expired(_ id: StreamID) { _ = wiring.byteLinks?.send(.expired(id)) }
}
