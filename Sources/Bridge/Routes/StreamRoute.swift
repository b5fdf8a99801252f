import EventLoop
import HTTPFront
import MQTTClient

/// `GET /subscribe`: turns a request into a stream of server-sent events.
struct StreamRoute: Sendable {
  private static let retryMilliseconds = 2000

  private let configuration: BridgeConfiguration
  private let wiring: Wiring

  init(_ configuration: BridgeConfiguration, _ wiring: Wiring) {
    self.configuration = configuration
    self.wiring = wiring
  }

  func open(_ request: Request) throws(Problem) -> Answer {
    guard !wiring.isDraining else {
      throw Problem(.draining, detail: "the bridge is stopping", headers: ["Retry-After": "1"])
    }
    let head = request.head
    guard Accept(head.headers.values("Accept")).best(of: ["text/event-stream"]) != nil else {
      throw Problem(
        .notAcceptable, detail: "this is a stream of type text/event-stream",
        hint: "send Accept: text/event-stream, or no Accept header")
    }
    let parameters = try StreamParameters(
      head.query, topicsMaximum: configuration.streams.topicsPerStream)
    if let limits = wiring.status.snapshot.limits { try check(parameters.filters, limits) }
    let id = request.id.stream
    guard head.method != "HEAD" else {
      return .respond(Response(status: 200, headers: headers(id)))
    }
    let stream = StreamRequest(
      stream: id, filters: parameters.filters, maximumQoS: parameters.maximumQoS,
      wantsRetained: parameters.retained != .ignore, representation: parameters.representation,
      wantsHistory: head.headers.contains("Last-Event-ID"))
    guard wiring.link?.send(.openStream(stream)) == true else {
      throw Problem(
        .storeBusy, detail: "too much is waiting for the broker connection",
        headers: ["Retry-After": "1"])
    }
    let heartbeat = parameters.heartbeat.map { Duration.seconds($0) }
    let retry = StreamFrames.jitteredRetry(around: Self.retryMilliseconds)
    return .stream(
      StreamHead(
        headers: headers(id), opening: StreamFrames.hello(retry: retry),
        heartbeat: StreamFrames.heartbeat,
        heartbeatInterval: heartbeat ?? configuration.streams.heartbeat,
        writeStallLimit: configuration.streams.writeStall))
  }

  private func headers(_ stream: StreamID) -> HeaderFields {
    [
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
      "Bridge-Connection-Id": stream.description,
      "Vary": "Origin, Accept, Authorization, Cookie",
    ]
  }

  private func check(_ filters: [TopicFilter], _ limits: BrokerLimits) throws(Problem) {
    for filter in filters {
      if filter.isWildcard, !limits.wildcardSubscriptionsAvailable {
        throw Problem(.wildcardNotAvailable, detail: "'\(filter.text)' has a wildcard")
      }
      if filter.isShared, !limits.sharedSubscriptionsAvailable {
        throw Problem(.sharedNotAvailable, detail: "'\(filter.text)' is shared")
      }
    }
  }
}
