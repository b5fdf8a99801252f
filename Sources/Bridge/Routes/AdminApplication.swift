import EventLoop
import HTTPFront
import MQTTClient
import Store

/// What the admin server serves: whether the bridge lives, is ready, and how it is; and its dead
/// letters.
///
/// With `admin_on_public` the public server has another one of these.
final class AdminApplication: HTTPApplication {
  private static let tickLimit = Duration.seconds(5)

  private let configuration: BridgeConfiguration
  private let wiring: Wiring
  private let router: Router<AdminEndpoint>
  private let place: AdminPlace
  private let health: HealthReport
  private let metrics: MetricsReport
  private let operators: OperatorRequests
  private let backups: BackupRequests
  /// A thread that has not turned yet has had time since then.
  private let startedAt = MonotonicClock.now()
  private let deadLetters: DeadLetterRequests
  private let observer: Observer
  private let doors: Doorkeeper
  private let names: RequestNames

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ publisher: Publisher,
    _ deadLetters: DeadLetterRequests, _ observer: Observer, _ doors: Doorkeeper,
    at place: AdminPlace = .adminServer
  ) {
    self.place = place
    let basePath = place == .publicServer ? configuration.http.basePath : .root
    router = Router(basePath: basePath.description, RouteTable.adminRoutes)
    self.doors = doors
    names = RequestNames(desk: doors.desk)
    self.configuration = configuration
    self.wiring = wiring
    health = HealthReport(configuration, wiring)
    metrics = MetricsReport(wiring)
    operators = OperatorRequests(configuration, wiring, publisher, health, at: place)
    backups = BackupRequests(configuration, wiring, at: place)
    self.deadLetters = deadLetters
    self.observer = observer
  }

  /// Whether a path is one of these routes, with whatever method.
  func serves(_ path: String) -> Bool { router.pattern(ofPath: path) != nil }

  func admit(_ head: RequestHead) -> Admission {
    let match = router.match(method: head.method, path: head.path)
    if let refusal = match.refusal(to: head) { return .refuse(refusal) }
    if case .found(let endpoint, _) = match, !endpoint.isFree,
      let problem = doors.refusal(of: head, takesTicket: false)
    {
      return .refuse(problem.response(to: head))
    }
    return .accept(bodyLimit: 0)
  }

  func handle(_ request: Request) -> Answer {
    let match = router.match(method: request.head.method, path: request.head.path)
    guard case .found(let endpoint, let captures) = match else {
      return .respond(Problem(.notFound).response(to: request.head))
    }
    do throws(Problem) {
      guard !endpoint.isFree else { return try answer(endpoint, captures["id"], request) }
      return try doors.handle(request, takesTicket: false) { (pass) throws(Problem) in
        try pass.checkAdmin()
        return try answer(endpoint, captures["id"], request)
      }
    } catch {
      return .respond(error.response(to: request.head))
    }
  }

  /// A password is checked.
  func handleAgain(_ id: RequestID) -> Answer {
    let head = doors.head(of: id)
    do throws(Problem) {
      guard let (request, pass) = try doors.resumed(id),
        case .found(let endpoint, let captures) = router.match(
          method: request.head.method, path: request.head.path)
      else { return .park(deadline: nil) }
      try pass.checkAdmin()
      return try answer(endpoint, captures["id"], request)
    } catch {
      return .respond(error.response(to: head))
    }
  }

  private func answer(
    _ endpoint: AdminEndpoint, _ id: String?, _ request: Request
  ) throws(Problem) -> Answer {
    let query = request.head.query
    switch endpoint {
    case .live:
      return .respond(Self.answer(stuckThreads().map { "\($0) does not tick" }))
    case .ready: return .respond(Self.answer(health.reasonsNotReady))
    case .health:
      return .respond(.json(health.json, headers: ["Cache-Control": "no-store"]))
    case .metrics: return .respond(metrics.response(to: request.head))
    case .listDeadLetters, .deadLetter, .retryDeadLetter, .deleteDeadLetter, .deleteDeadLetters:
      return try deadLetters.ask(endpoint, id, request, at: place)
    case .connections: return .respond(operators.connections(try PageParameters(query)))
    case .queue: return try operators.queue(try PageParameters(query), request)
    case .status, .disconnect, .drain, .endDrain, .backup:
      try PageParameters.none(query)
      return try operate(endpoint, id, request)
    }
  }

  private func operate(
    _ endpoint: AdminEndpoint, _ id: String?, _ request: Request
  ) throws(Problem) -> Answer {
    switch endpoint {
    case .disconnect: .respond(try operators.disconnect(id ?? ""))
    case .drain: .respond(operators.drain())
    case .endDrain: .respond(operators.endDrain())
    case .backup: try backups.start(request)
    default: .respond(operators.status())
    }
  }

  func decorate(_ headers: inout HeaderFields, of id: RequestID, for head: RequestHead?) {
    headers.set("X-Content-Type-Options", "nosniff")
  }

  func name(of id: RequestID, _ head: RequestHead) -> String { names.name(of: id, head) }
  func route(of head: RequestHead) -> String? { router.pattern(ofPath: head.path)?.description }
  func answered(_ record: AccessRecord, _ head: RequestHead?) {
    wiring.metrics.requests.count(record)
    doors.answered(record, head)
  }
  func deadlineReached(_ id: RequestID) -> Response? { nil }
  func clientLeft(_ id: RequestID) {
    doors.clientLeft(id)
    deadLetters.clientLeft(id, at: place)
  }

  func streamClosed(_ id: StreamID, reason: StreamEnd) {}
  func streamLagged(_ id: StreamID, after position: Int64) {}
  func streamDrained(_ id: StreamID, written position: Int64) {}
  func gapFrame(for id: StreamID, missed: Int) -> Frame? { nil }
  func closingFrame(for id: StreamID) -> Frame? { nil }
  func report(_ fact: HTTPServerFact) { observer.server(fact) }

  private static func answer(_ problems: [String]) -> Response {
    let isGood = problems.isEmpty
    var members: [JSONValue.Member] = [.init("status", .string(isGood ? "ok" : "failing"))]
    if !isGood { members.append(.init("problems", .array(problems.map { .string($0) }))) }
    return .json(
      .object(members), status: isGood ? 200 : 503, headers: ["Cache-Control": "no-store"])
  }

  private func stuckThreads() -> [String] {
    let now = MonotonicClock.now()
    var stuck: [String] = []
    if now - wiring.status.snapshot.lastTick > Self.tickLimit { stuck.append("mqtt") }
    guard let server = wiring.server else { return stuck }
    for shard in 0..<server.shardCount
    where now - max(startedAt, server.statistics(ofShard: shard).lastTurn) > Self.tickLimit {
      stuck.append("http-\(shard)")
    }
    return stuck
  }
}
