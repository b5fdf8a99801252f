import HTTPFront
import MQTTClient
import WebSocketProtocol

/// What the http threads tell the thread of the connections.
enum TunnelMessage: Sendable {
  case open(StreamID, TunnelRules)
  case received(StreamID, [UInt8])
  case crowded(StreamID, Bool)
  case expired(StreamID)
  case closed(StreamID)
}

/// The tunnels on the thread of their connections: bytes of both sides through one filter each.
final class TunnelHost: ByteLinkApplication {
  private final class Tunnel {
    let id: StreamID
    let number: UInt64
    var filter: TunnelFilter
    /// Bytes of the client whose packets may still wait for the broker.
    var owed = 0
    /// How much waits for the broker.
    var waiting = 0

    init(_ id: StreamID, _ number: UInt64, _ rules: TunnelRules) {
      self.id = id
      self.number = number
      filter = TunnelFilter(rules)
    }
  }

  private let wiring: Wiring
  private var tunnels: [StreamID: Tunnel] = [:]
  private var byNumber: [UInt64: Tunnel] = [:]
  private var lastNumber: UInt64 = 0
  private var actions: [TunnelFilter.Action] = []

  init(_ wiring: Wiring) { self.wiring = wiring }

  func handle(_ message: TunnelMessage, _ links: ByteLinkContext) {
    switch message {
    case .open(let id, let rules):
      lastNumber += 1
      let tunnel = Tunnel(id, lastNumber, rules)
      tunnels[id] = tunnel
      byNumber[lastNumber] = tunnel
      links.open(lastNumber)
    case .received(let id, let bytes):
      guard let tunnel = tunnels[id] else { return }
      tunnel.filter.receivedFromClient(bytes, &actions)
      tunnel.owed += bytes.count
      run(tunnel, links)
      settle(tunnel)
    case .crowded(let id, let isCrowded):
      if let tunnel = tunnels[id] { links.pauseReading(isCrowded, of: tunnel.number) }
    case .expired(let id):
      guard let tunnel = tunnels[id] else { return }
      tunnel.filter.expired(&actions)
      run(tunnel, links)
    case .closed(let id):
      if let tunnel = tunnels.removeValue(forKey: id) { links.close(tunnel.number) }
    }
  }

  func received(_ event: ByteLinkEvent, on number: UInt64, _ links: ByteLinkContext) {
    guard let tunnel = byNumber[number] else { return }
    switch event {
    case .received(let bytes):
      tunnel.filter.receivedFromBroker(bytes, &actions)
      run(tunnel, links)
    case .sent(let waiting):
      tunnel.waiting = waiting
      settle(tunnel)
    case .closed:
      byNumber[number] = nil
      guard tunnels.removeValue(forKey: tunnel.id) != nil else { return }
      close(tunnel, CloseStatus(.goingAway, reason: "the broker's connection has ended"))
    }
  }

  private func run(_ tunnel: Tunnel, _ links: ByteLinkContext) {
    var toBroker: [UInt8] = []
    var toClient: [UInt8] = []
    var end: TunnelFilter.End?
    for action in actions {
      switch action {
      case .sendToBroker(let bytes): toBroker += bytes
      case .sendToClient(let bytes): toClient += bytes
      case .end(let reason): end = reason
      }
    }
    actions.removeAll(keepingCapacity: true)
    if !toBroker.isEmpty {
      tunnel.waiting += toBroker.count
      links.send(toBroker, on: tunnel.number)
    }
    if !toClient.isEmpty {
      let message = WebSocketMessage(.binary, toClient[...])
      wiring.server?.deliver([.message(tunnel.id, message)], toShard: tunnel.id.shard)
    }
    if let end { close(tunnel, end.status) }
  }

  /// Lets the client send more when little of it waits.
  private func settle(_ tunnel: Tunnel) {
    guard tunnel.owed > 0, tunnel.waiting <= Tunnels.waitingBytesMax / 2 else { return }
    wiring.tunnels?.passed(exchange(&tunnel.owed, with: 0), of: tunnel.id)
  }

  /// Ends the client's side; the other one follows when that is closed.
  private func close(_ tunnel: Tunnel, _ status: CloseStatus) {
    wiring.server?.deliver([.close(tunnel.id, status)], toShard: tunnel.id.shard)
  }
}

extension TunnelFilter.End {
  /// What the client's WebSocket is closed with.
  var status: CloseStatus {
    switch self {
    case .malformed: CloseStatus(.protocolError, reason: "not MQTT")
    case .protocolError: CloseStatus(.protocolError, reason: "against the rules of MQTT")
    case .tooLarge: CloseStatus(.messageTooBig, reason: "an MQTT packet is too large")
    case .forbidden: CloseStatus(.policyViolation, reason: "not allowed")
    case .expired: CloseStatus(.policyViolation, reason: "the token has expired")
    }
  }
}
