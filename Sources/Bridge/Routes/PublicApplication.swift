import EventLoop
import HTTPFront
import MQTTClient
import Metrics
import Store

/// What the public server serves.
final class PublicApplication: HTTPApplication {
  private var configuration: BridgeConfiguration { wiring.live.value }
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
  private let observer: Observer

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ publisher: Publisher,
    _ messages: MessageLookUps, _ observer: Observer, _ log: EventLogParts
  ) {
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
    case .publishBatch, .emqxPublish, .emqxPublishBulk:
      return .accept(bodyLimit: PublishBatch.bytesMaximum)
    case .putSubscription, .acknowledge:
      return .accept(bodyLimit: SubscriptionRoute.bodyBytesMax)
    case .message, .readTopic, .listRetained, .subscribe, .history, .page, .listSubscriptions,
      .getSubscription,
      .deleteSubscription:
      return .accept(bodyLimit: 0)
    }
  }

  /// A refusal that no route gave: with a method that can publish it says that nothing was kept.
  func complete(_ problem: Problem, for head: RequestHead?) -> Problem {
    switch head?.method {
    case "POST", "PUT", "DELETE": PublishRoute.withKept(completed(problem, head))
    default: problem
    }
  }

  private func completed(_ problem: Problem, _ head: RequestHead?) -> Problem {
    guard let head,
      case .found(.publishBatch, _) = router.match(method: head.method, path: head.path)
    else { return problem }
    return BatchRoute.complete(problem)
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
      ?? requests.deadlineReached(id)
  }

  func clientLeft(_ id: RequestID) {
    publisher.clientLeft(id)
    messages.clientLeft(id)
    subscriptions.clientLeft(id)
    values.clientLeft(id)
    requests.clientLeft(id)
  }

  func route(of head: RequestHead) -> String? { router.pattern(ofPath: head.path)?.description }

  func answered(_ record: AccessRecord) { wiring.metrics.requests.count(record) }

  func streamLagged(_ id: StreamID, after position: Int64) {
    if position > 0 {
      wiring.metrics.streamLag.observe(Int(replays.position.last.sequence - position))
    }
    replays.lagged(id, after: position)
  }

  func streamDrained(_ id: StreamID, written position: Int64) {
    replays.drained(id, written: position)
  }

  func streamClosed(_ id: StreamID, reason: StreamEnd) {
    wiring.openStreams.closed(id)
    wiring.metrics.closedStreams[BridgeMetrics.word(for: reason)].add()
    replays.closed(id)
    requests.streamClosed(id)
    wiring.link?.sendReserved(.closeStream(id))
  }

  func gapFrame(for id: StreamID, missed: Int) -> Frame? {
    wiring.metrics.gaps["slow"].add()
    return StreamFrames.gap(reason: "slow", missed: missed)
  }

  func closingFrame(for id: StreamID) -> Frame? {
    StreamFrames.close(
      reason: "draining", reconnects: true, retry: StreamFrames.jitteredRetry(around: 4000))
  }

  func report(_ fact: HTTPServerFact) { observer.server(fact) }
}
