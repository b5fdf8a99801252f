import EventLoop
import HTTPFront
import MQTTClient

/// What the public server serves.
final class PublicApplication: HTTPApplication {
  private let configuration: BridgeConfiguration
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
  private let observer: Observer

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ publisher: Publisher,
    _ messages: MessageLookUps, _ observer: Observer, _ log: EventLogParts
  ) {
    self.configuration = configuration
    self.wiring = wiring
    self.publisher = publisher
    self.messages = messages
    router = Router(
      basePath: configuration.http.basePath.description,
      RouteTable.routes.filter { $0.endpoint.isServed(configuration) })
    streams = StreamRoute(configuration, wiring, log)
    history = HistoryRoute(wiring, log.resolver)
    subscriptions = SubscriptionRoute(configuration, wiring, log)
    values = log.values
    requests = log.requests
    replays = log.replays
    polls = log.polls
    self.observer = observer
  }

  func admit(_ head: RequestHead) -> Admission {
    let match = router.match(method: head.method, path: head.path)
    guard case .found(let endpoint, _) = match else {
      let refusal = match.refusal(to: head, completing: complete)
      return .refuse(refusal ?? Problem(.notFound).response(to: head))
    }
    switch endpoint {
    case .publish, .publishToTopic, .retainInTopic, .clearTopic, .request:
      return .accept(bodyLimit: PublishRoute.bodyLimit(endpoint, head, configuration))
    case .publishBatch:
      return BatchRoute.admission(head, configuration.publishing.batchLimits)
    case .emqxPublish, .emqxPublishBulk:
      return .accept(bodyLimit: configuration.publishing.batchBytes.bytes)
    case .putSubscription, .acknowledge:
      return .accept(bodyLimit: SubscriptionRoute.bodyBytesMax)
    case .subscribe:
      let hasBody = head.method == "POST" || head.method == "QUERY"
      return .accept(bodyLimit: hasBody ? SubscribeBody.bytesMax : 0)
    case .message, .readTopic, .listRetained, .history, .page, .listSubscriptions,
      .getSubscription, .deleteSubscription:
      return .accept(bodyLimit: 0)
    }
  }

  func bodyReceived(_ piece: [UInt8], of id: RequestID, _ head: RequestHead) -> BodyFlow {
    publisher.received(piece, of: id, head)
  }

  func bodyAborted(_ id: RequestID) {
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

  func handle(_ request: Request) -> Answer {
    let match = router.match(method: request.head.method, path: request.head.path)
    guard case .found(let endpoint, let captures) = match else {
      return .respond(Problem(.notFound).response(to: request.head))
    }
    do throws(Problem) {
      return try answer(endpoint, captures, request)
    } catch {
      return .respond(error.response(to: request.head))
    }
  }

  private func answer(
    _ endpoint: Endpoint, _ captures: [String: String], _ request: Request
  ) throws(Problem) -> Answer {
    switch endpoint {
    case .publish, .publishToTopic, .retainInTopic, .clearTopic:
      do throws(Problem) {
        let draft = try PublishRoute.draft(endpoint, captures["topic"], request)
        return try publisher.publish(draft, request)
      } catch {
        throw PublishRoute.withKept(error)
      }
    case .publishBatch:
      do throws(Problem) {
        return try BatchRoute.publish(request, publisher)
      } catch {
        throw PublishRoute.withKept(error)
      }
    case .emqxPublish: return EMQXRoute.publish(request, publisher, isBulk: false)
    case .emqxPublishBulk: return EMQXRoute.publish(request, publisher, isBulk: true)
    case .message: return try messages.lookUp(captures["id"] ?? "", request)
    case .request:
      do throws(Problem) {
        return try requests.ask(request)
      } catch {
        throw PublishRoute.withKept(error)
      }
    case .readTopic: return try values.read(captures["topic"], request)
    case .listRetained: return try values.list(request)
    case .subscribe: return try streams.open(request)
    case .history: return try history.read(request)
    case .listSubscriptions: return try subscriptions.list(request)
    case .putSubscription: return try subscriptions.put(captures["name"] ?? "", request)
    case .getSubscription: return try subscriptions.get(captures["name"] ?? "", request)
    case .deleteSubscription: return try subscriptions.delete(captures["name"] ?? "", request)
    case .acknowledge: return try subscriptions.acknowledge(captures["name"] ?? "", request)
    case .page: return .respond(WelcomePage.response)
    }
  }

  func deadlineReached(_ id: RequestID) -> Response? {
    publisher.deadlineReached(id) ?? messages.deadlineReached(id)
      ?? subscriptions.deadlineReached(id) ?? values.deadlineReached(id)
      ?? requests.deadlineReached(id) ?? polls.deadlineReached(id)
  }

  func clientLeft(_ id: RequestID) {
    publisher.clientLeft(id)
    messages.clientLeft(id)
    subscriptions.clientLeft(id)
    values.clientLeft(id)
    requests.clientLeft(id)
    polls.clientLeft(id)
  }

  func streamLagged(_ id: StreamID, after position: Int64) {
    replays.lagged(id, after: position)
  }

  func streamDrained(_ id: StreamID, written position: Int64) {
    replays.drained(id, written: position)
  }

  func streamClosed(_ id: StreamID, reason: StreamEnd) {
    wiring.forms.closed(id)
    replays.closed(id)
    requests.streamClosed(id)
    wiring.link?.sendReserved(.closeStream(id))
  }

  func gapFrame(for id: StreamID, missed: Int) -> Frame? {
    StreamFrames.gap(reason: "slow", missed: missed, as: wiring.forms[id])
  }

  func closingFrame(for id: StreamID) -> Frame? {
    StreamFrames.close(
      reason: "draining", reconnects: true, retry: StreamFrames.jitteredRetry(around: 4000),
      as: wiring.forms[id])
  }

  func report(_ fact: HTTPServerFact) { observer.server(fact) }
}
