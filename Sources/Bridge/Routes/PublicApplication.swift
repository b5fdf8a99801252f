import EventLoop
import HTTPFront
import MQTTClient
import Metrics
import Store
import WebSocketProtocol

/// What the public server serves.
final class PublicApplication: HTTPApplication {
  private var configuration: SharedConfiguration { wiring.live.shared }
  private let wiring: Wiring
  private let router: Router<Endpoint>
  private let publisher: Publisher
  private let messages: MessageLookUps
  private let streams: StreamRoute
  private let history: HistoryRoute
  private let subscriptions: SubscriptionRoute
  private let values: TopicValues
  private let requests: Requests
  private let replays: Replays
  private let polls: Polls
  private let sockets: Sockets
  private let socketRoute: SocketRoute
  private let tunnels: Tunnels
  private let tunnelRoute: TunnelRoute
  private let observer: Observer
  private let doors: Doorkeeper
  private let names: RequestNames
  private let ledger: StreamLedger
  private let bodies: BodyDoor
  /// The routes of the admin server, where they are to be found here too.
  private let admin: AdminApplication?

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ publisher: Publisher,
    _ messages: MessageLookUps, _ observer: Observer, _ log: EventLogParts, _ doors: Doorkeeper,
    _ bodies: BodyDoor, _ ledger: StreamLedger, admin: AdminApplication? = nil,
    clientID: String = ""
  ) {
    self.admin = admin
    self.doors = doors
    names = RequestNames(desk: doors.desk)
    self.bodies = bodies
    self.ledger = ledger
    self.wiring = wiring
    self.publisher = publisher
    self.messages = messages
    router = Router(
      basePath: configuration.http.basePath.description,
      RouteTable.routes.filter { $0.endpoint.isServed(configuration) })
    streams = StreamRoute(configuration, wiring, log, ledger)
    history = HistoryRoute(wiring, log.resolver)
    subscriptions = SubscriptionRoute(configuration, wiring, log)
    values = log.values
    requests = log.requests
    replays = log.replays
    polls = log.polls
    self.observer = observer
    sockets = Sockets(
      wiring, doors.desk, ledger, publisher, log.requests, subscriptions,
      threads: configuration.http.threads)
    socketRoute = SocketRoute(wiring: wiring, sockets: sockets, ledger: ledger)
    wiring.connect(sockets: sockets)
    tunnels = Tunnels(wiring)
    tunnelRoute = TunnelRoute(
      wiring: wiring, tunnels: tunnels, ledger: ledger, clientID: clientID)
    wiring.connect(tunnels: tunnels)
  }

  func countsConnection(from clientAddress: String) -> Bool {
    !doors.desk.isTrusted(clientAddress)
  }

  func admit(_ head: RequestHead) -> Admission {
    if let response = doors.preflight(head) { return .refuse(response) }
    let match = router.match(method: head.method, path: head.path)
    guard case .found(let endpoint, _) = match else {
      if let admin, admin.serves(head.path) { return admin.admit(head) }
      let refusal = match.refusal(to: head, completing: complete)
      return .refuse(refusal ?? Problem(.notFound).response(to: head))
    }
    if !endpoint.isFree, let problem = doors.refusal(of: head, takesTicket: endpoint.takesTicket) {
      return .refuse(Self.response(problem, endpoint, head))
    }
    switch endpoint {
    case .publish, .publishToTopic, .retainInTopic, .clearTopic, .request:
      return .accept(bodyLimit: PublishRoute.bodyLimit(endpoint, head, configuration))
    case .publishBatch:
      return BatchRoute.admission(head, configuration.value.publishing.batchLimits)
    case .emqxPublish, .emqxPublishBulk:
      return .accept(bodyLimit: configuration.value.publishing.batchBytes.bytes)
    case .putSubscription, .acknowledge:
      return .accept(bodyLimit: SubscriptionRoute.bodyBytesMax)
    case .ticket: return .accept(bodyLimit: TicketRoute.bodyBytesMax)
    case .subscribe:
      let hasBody = head.method == "POST" || head.method == "QUERY"
      return .accept(bodyLimit: hasBody ? SubscribeBody.bytesMax : 0)
    case .message, .readTopic, .listRetained, .history, .page, .docs, .openAPIYAML, .openAPIJSON,
      .consoleEntry, .console, .consoleFile, .library, .libraryTypes, .listSubscriptions,
      .getSubscription, .deleteSubscription, .socket, .tunnel:
      return .accept(bodyLimit: 0)
    }
  }

  func bodyReceived(_ piece: [UInt8], of id: RequestID, _ head: RequestHead) -> BodyFlow {
    do throws(Problem) {
      guard let pass = try bodies.admit(id, head) else { return .hold }
      return try publisher.received(piece, of: id, head, pass)
    } catch {
      bodies.ended(id)
      return .refuse(PublishRoute.withKept(error).response(to: head))
    }
  }

  func bodyAborted(_ id: RequestID) {
    bodies.ended(id)
    if let aborted = publisher.uploadAborted(id) { observer.uploadAborted(aborted) }
  }

  /// A refusal that no route gave: with a method that can publish it says that nothing was kept.
  func complete(_ problem: Problem, for head: RequestHead?) -> Problem {
    switch head?.method {
    case "POST", "PUT", "DELETE": completed(problem, head)
    default: problem
    }
  }

  private func completed(_ problem: Problem, _ head: RequestHead?) -> Problem {
    let match = head.map { router.match(method: $0.method, path: $0.path) }
    return switch match {
    case .found(.subscribe, _): problem
    case .found(.publishBatch, _): PublishRoute.withKept(BatchRoute.complete(problem))
    default: PublishRoute.withKept(problem)
    }
  }

  /// The end of a body that came in pieces; nil for any other request.
  private func bodyEnded(_ request: Request) throws(Problem) -> Answer? {
    guard bodies.knows(request.id) else { return nil }
    defer { bodies.ended(request.id) }
    guard let pass = try bodies.admit(request.id, request.head) else { return nil }
    return publisher.uploadEnded(request, pass)
  }

  func handle(_ request: Request) -> Answer {
    let match = router.match(method: request.head.method, path: request.head.path)
    guard case .found(let endpoint, let captures) = match else {
      if let admin, admin.serves(request.head.path) { return admin.handle(request) }
      return .respond(Problem(.notFound).response(to: request.head))
    }
    do throws(Problem) {
      guard !endpoint.isFree else { return .respond(free(endpoint, captures, request.head)) }
      if let answer = try bodyEnded(request) { return answer }
      return try doors.handle(
        request, takesTicket: endpoint.takesTicket
      ) { (pass) throws(Problem) in try answer(endpoint, captures, request, pass) }
    } catch {
      return .respond(Self.response(error, endpoint, request.head))
    }
  }

  private func free(
    _ endpoint: Endpoint, _ captures: [String: String], _ head: RequestHead
  ) -> Response {
    switch endpoint {
    case .docs: DocsPage.response
    case .openAPIYAML: DescriptionRoute.yaml
    case .openAPIJSON: DescriptionRoute.json
    case .consoleEntry: ConsoleRoute.entry
    case .console: ConsoleRoute.response(for: "index.html", to: head)
    case .consoleFile: ConsoleRoute.response(for: captures["file"] ?? "", to: head)
    case .library: ConsoleRoute.response(for: "mqtt-bridge.js", to: head)
    case .libraryTypes: ConsoleRoute.response(for: "mqtt-bridge.d.ts", to: head)
    default:
      configuration.value.http.servesConsole ? WelcomePage.response : WelcomePage.withoutConsole
    }
  }

  /// A password is checked.
  func handleAgain(_ id: RequestID) -> Answer {
    guard let head = doors.head(of: id),
      case .found(let endpoint, let captures) = router.match(method: head.method, path: head.path)
    else { return admin?.handleAgain(id) ?? .park(deadline: nil) }
    do throws(Problem) {
      guard let (request, pass) = try doors.resumed(id) else { return .park(deadline: nil) }
      return try answer(endpoint, captures, request, pass)
    } catch {
      return .respond(Self.response(error, endpoint, head))
    }
  }

  /// Every refusal of a publish says that nothing was kept.
  private static func response(
    _ problem: Problem, _ endpoint: Endpoint, _ head: RequestHead
  ) -> Response {
    switch endpoint {
    case .publish, .publishToTopic, .retainInTopic, .clearTopic:
      PublishRoute.withKept(problem).response(to: head)
    case .publishBatch, .request: PublishRoute.withKept(problem).response(to: head)
    case .emqxPublish, .emqxPublishBulk: EMQXForm.response(problem)
    case .message, .readTopic, .listRetained, .subscribe, .history, .listSubscriptions,
      .putSubscription, .getSubscription, .deleteSubscription, .acknowledge, .ticket, .socket,
      .tunnel, .page, .docs, .openAPIYAML, .openAPIJSON, .consoleEntry, .console, .consoleFile,
      .library, .libraryTypes:
      problem.response(to: head)
    }
  }

  func decorate(_ headers: inout HeaderFields, of id: RequestID, for head: RequestHead?) {
    doors.decorate(&headers, for: head)
  }

  private func answer(
    _ endpoint: Endpoint, _ captures: [String: String], _ request: Request, _ pass: Pass
  ) throws(Problem) -> Answer {
    let name = captures["name"] ?? ""
    switch endpoint {
    case .publish, .publishToTopic, .retainInTopic, .clearTopic:
      let draft = try PublishRoute.draft(endpoint, captures["topic"], request)
      return try publisher.publish(draft, request, pass)
    case .publishBatch: return try BatchRoute.publish(request, publisher, pass)
    case .emqxPublish: return try EMQXRoute.publish(request, publisher, pass, isBulk: false)
    case .emqxPublishBulk: return try EMQXRoute.publish(request, publisher, pass, isBulk: true)
    case .message: return try messages.lookUp(captures["id"] ?? "", request, pass)
    case .request: return try requests.ask(request, pass)
    case .readTopic: return try values.read(captures["topic"], request, pass)
    case .listRetained: return try values.list(request, pass)
    case .subscribe: return try streams.open(request, pass)
    case .history: return try history.read(request, pass)
    case .listSubscriptions: return try subscriptions.list(request, pass)
    case .putSubscription: return try subscriptions.put(name, request, pass)
    case .getSubscription: return try subscriptions.get(name, request, pass)
    case .deleteSubscription: return try subscriptions.delete(name, request, pass)
    case .acknowledge: return try subscriptions.acknowledge(name, request, pass)
    case .ticket: return try TicketRoute.issue(request, pass)
    case .socket: return try socketRoute.open(request, pass)
    case .tunnel: return try tunnelRoute.open(request, pass)
    case .page, .docs, .openAPIYAML, .openAPIJSON, .consoleEntry, .console, .consoleFile, .library,
      .libraryTypes:
      return .respond(free(endpoint, captures, request.head))
    }
  }

  func deadlineReached(_ id: RequestID) -> Response? {
    publisher.deadlineReached(id) ?? messages.deadlineReached(id)
      ?? subscriptions.deadlineReached(id) ?? values.deadlineReached(id)
      ?? requests.deadlineReached(id) ?? polls.deadlineReached(id)
  }

  func answerEnded(_ id: RequestID, wasSent: Bool) { polls.answerEnded(id, wasSent: wasSent) }

  func clientLeft(_ id: RequestID) {
    doors.clientLeft(id)
    admin?.clientLeft(id)
    publisher.clientLeft(id)
    messages.clientLeft(id)
    subscriptions.clientLeft(id)
    values.clientLeft(id)
    requests.clientLeft(id)
    polls.clientLeft(id)
  }

  func name(of id: RequestID, _ head: RequestHead) -> String { names.name(of: id, head) }
  func route(of head: RequestHead) -> String? {
    router.pattern(ofPath: head.path)?.description ?? admin?.route(of: head)
  }

  func answered(_ record: AccessRecord, _ head: RequestHead?) {
    wiring.metrics.requests.count(record)
    doors.answered(record, head)
  }

  func streamLagged(_ id: StreamID, after position: Int64) {
    if position > 0 {
      wiring.metrics.streamLag.observe(Int(replays.position.last.sequence - position))
    }
    replays.lagged(id, after: position)
  }

  func streamParted(_ id: StreamID, after position: Int64) { replays.lagged(id, after: position) }

  func streamDrained(_ id: StreamID, written position: Int64) {
    replays.drained(id, written: position)
    tunnels.crowded(id, false)
  }

  func streamClosed(_ id: StreamID, reason: StreamEnd) {
    wiring.openStreams.closed(id)
    wiring.metrics.closedStreams[BridgeMetrics.word(for: reason)].add()
    ledger.closed(id)
    replays.closed(id)
    sockets.closed(id)
    tunnels.closed(id)
    requests.streamClosed(id)
    wiring.link?.sendReserved(.closeStream(id))
  }

  func socketOpened(_ id: StreamID, subprotocol: String?) {
    if !sockets.opened(id) { tunnels.opened(id) }
  }

  func socketCrowded(_ id: StreamID) { tunnels.crowded(id, true) }

  func socketReceived(_ id: StreamID, _ message: WebSocketMessage) -> SocketFlow {
    if sockets.received(id, message) { return .more }
    return tunnels.received(id, message.bytes) ?? .more
  }

  func gapFrame(for id: StreamID, missed: Int) -> Frame? {
    wiring.metrics.gaps["slow"].add()
    return StreamFrames.gap(reason: "slow", missed: missed, as: wiring.openStreams.form(of: id))
  }

  func closingFrame(for id: StreamID) -> Frame? {
    StreamFrames.close(
      reason: "draining", reconnects: true, retry: StreamFrames.jitteredRetry(around: 4000),
      as: wiring.openStreams.form(of: id))
  }

  func turnEnded() { wiring.link?.wakeApplication() }

  func report(_ fact: HTTPServerFact) { observer.server(fact) }
}
