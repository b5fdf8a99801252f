import Access
import EventLoop
import HTTPFront
import MQTTClient
import Store
import Synchronization

/// The parts of a running bridge, for those that were made before the part they talk to.
///
/// Each part is put in once, before the first request is served, and all are taken out at the end:
/// they hold each other, and would else never go.
final class Wiring: Sendable {
  private struct Parts: Sendable {
    var store: Store?
    var link: Link<BrokerApplication>?
    var server: HTTPServer?
    var named: NamedSubscriptions?
    var requests: Requests?
    var webhooks: BridgeWebhooks?
    var polls: Polls?
    var tunnels: Tunnels?
    var byteLinks: ByteLinks<TunnelMessage>?
    var ledger: StreamLedger?
    var desk: AccessDesk?
    var sockets: Sockets?
    var adminServer: HTTPServer?
  }

  private let parts = Locked(Parts())
  private let draining = Atomic<Bool>(false)
  private let outOfService = Atomic<Bool>(false)
  private let leavesBroker = Atomic<Bool>(false)
  private let inboundIsSettled = Atomic<Bool>(false)

  let live: LiveConfiguration
  let status = BrokerStatus()
  let metrics = BridgeMetrics()
  let openStreams = OpenStreams()
  /// One copy of the database is made at a time.
  let isBackingUp = Locked(false)

  init(_ configuration: BridgeConfiguration = BridgeConfiguration()) {
    live = LiveConfiguration(configuration)
  }

  var store: Store? { parts.withLock { $0.store } }
  var link: Link<BrokerApplication>? { parts.withLock { $0.link } }
  var server: HTTPServer? { parts.withLock { $0.server } }
  var named: NamedSubscriptions? { parts.withLock { $0.named } }
  var ledger: StreamLedger? { parts.withLock { $0.ledger } }
  var desk: AccessDesk? { parts.withLock { $0.desk } }
  var polls: Polls? { parts.withLock { $0.polls } }
  var tunnels: Tunnels? { parts.withLock { $0.tunnels } }
  var byteLinks: ByteLinks<TunnelMessage>? { parts.withLock { $0.byteLinks } }
  var sockets: Sockets? { parts.withLock { $0.sockets } }
  var requests: Requests? { parts.withLock { $0.requests } }
  var webhooks: BridgeWebhooks? { parts.withLock { $0.webhooks } }
  var adminServer: HTTPServer? { parts.withLock { $0.adminServer } }

  /// The bridge is stopping, or an operator has taken it out of service: nothing new is accepted.
  var isDraining: Bool {
    draining.load(ordering: .relaxed) || outOfService.load(ordering: .relaxed)
  }

  /// Nothing more is read from the broker, and what came is logged, given out and acknowledged.
  var isLeavingBroker: Bool { leavesBroker.load(ordering: .relaxed) }
  var hasSettledInbound: Bool { inboundIsSettled.load(ordering: .acquiring) }

  func connect(store: Store) { parts.withLock { $0.store = store } }
  func connect(link: Link<BrokerApplication>) { parts.withLock { $0.link = link } }
  func connect(server: HTTPServer) { parts.withLock { $0.server = server } }
  func connect(named: NamedSubscriptions) { parts.withLock { $0.named = named } }
  func connect(tunnels: Tunnels) { parts.withLock { $0.tunnels = tunnels } }
  func connect(byteLinks: ByteLinks<TunnelMessage>) { parts.withLock { $0.byteLinks = byteLinks } }
  func connect(ledger: StreamLedger) { parts.withLock { $0.ledger = ledger } }
  /// Where a request comes from, behind the proxies that are trusted.
  func clientAddress(of head: RequestHead) -> String {
    desk?.clientAddress(of: head)?.description ?? head.clientAddress
  }

  func connect(desk: AccessDesk) { parts.withLock { $0.desk = desk } }
  func connect(sockets: Sockets) { parts.withLock { $0.sockets = sockets } }
  func connect(polls: Polls) { parts.withLock { $0.polls = polls } }
  func connect(requests: Requests) { parts.withLock { $0.requests = requests } }
  func connect(webhooks: BridgeWebhooks) { parts.withLock { $0.webhooks = webhooks } }
  func connect(adminServer: HTTPServer) { parts.withLock { $0.adminServer = adminServer } }
  func leaveBroker() { leavesBroker.store(true, ordering: .relaxed) }
  func setSettledInbound(_ value: Bool) { inboundIsSettled.store(value, ordering: .releasing) }
  func setOutOfService(_ value: Bool) { outOfService.store(value, ordering: .relaxed) }

  /// Answers a request, which may be an operation of a WebSocket.
  func answer(_ request: RequestID, with response: Response) {
    if request.shard <= Sockets.firstShard {
      sockets?.answer(request, with: response)
    } else {
      server?.answer(request, with: response)
    }
  }

  /// Answers several requests.
  func answer(_ answers: [(id: RequestID, response: Response)]) {
    if answers.count > 1, answers.allSatisfy({ $0.id.shard >= 0 }) {
      server?.answer(answers)
    } else {
      for (id, response) in answers { answer(id, with: response) }
    }
  }

  /// Answers a request of an operator.
  func answer(_ request: RequestID, at place: AdminPlace, with response: Response) {
    switch place {
    case .adminServer: adminServer?.answer(request, with: response)
    case .publicServer: server?.answer(request, with: response)
    }
  }

  func drain() { draining.store(true, ordering: .relaxed) }

  /// Lets go of every part, once all of them have ended.
  func disconnect() {
    let ended = parts.withLock { exchange(&$0, with: Parts()) }
    // Their ends run here, without the lock.
    withExtendedLifetime(ended) {}
  }
}
