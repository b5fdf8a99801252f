import Access
import HTTPFront
import MQTTClient
import WebSocketProtocol

/// `GET /mqtt`: turns a request into a tunnel of plain MQTT to the broker.
struct TunnelRoute: Sendable {
  static let subprotocols = ["mqtt", "mqttv3.1"]
  /// What a packet has beside its payload: topic and properties.
  private static let packetBytes = 128 * 1024

  let wiring: Wiring
  let tunnels: Tunnels
  let ledger: StreamLedger
  let clientID: String

  func open(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    let head = request.head
    let id = try SocketAdmission(wiring: wiring, ledger: ledger).admit(
      request, pass, subprotocols: Self.subprotocols)
    let rules = rules(pass, pass.caller.grants)
    tunnels.admitted(id, rules)
    wiring.openStreams.opened(id, as: .tunnel, from: wiring.clientAddress(of: head))
    var limits = WebSocketLimits()
    limits.messageBytesMax = rules.packetBytesMax
    limits.frameBytesMax = rules.packetBytesMax
    // No header of ours: paho takes any line with 'connection' in it for Connection.
    var socket = WebSocketHead(
      subprotocols: Self.subprotocols, deflate: nil, limits: limits)
    socket.reception = .pieces
    socket.writeStallLimit = wiring.live.value.streams.writeStall
    // What the broker still sends while it is being paused must fit.
    socket.waitingBytesMax = 2 * rules.packetBytesMax + (8 << 20)
    return .upgrade(socket)
  }

  private func rules(_ pass: Pass, _ grants: Grants) -> TunnelRules {
    let configuration = wiring.live.value
    var rules = TunnelRules(
      mayPublish: { grants.mayPublish(topic: $0, qos: $1, retain: $2).isGranted },
      maySubscribe: { grants.maySubscribe($0, qos: $1).isGranted },
      mayReceive: { grants.mayReceive(topic: $0, qos: $1) },
      takeRate: { (try? pass.takeRate()) != nil })
    rules.credentials = configuration.tunnel.credentials
    rules.username = configuration.mqtt.effectiveUsername
    rules.password = configuration.mqtt.effectivePassword
    if configuration.tunnel.clientIDs == .prefix, !pass.account.isEmpty {
      rules.clientIDPrefix = pass.account + "/"
    }
    rules.reservedClientID = clientID
    rules.packetBytesMax = configuration.http.payloadBytes.bytes + Self.packetBytes
    if grants.lackClientID {
      rules.bound = { self.rules(pass, grants.bound(toClientID: $0)) }
    }
    return rules
  }
}
