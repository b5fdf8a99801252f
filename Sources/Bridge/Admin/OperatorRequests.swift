import EventLoop
import HTTPFront
import WebSocketProtocol
import MQTTClient
import Store

/// The admin server's requests about the bridge as a whole: its state, its streams, its queue, and
/// taking it out of service.
struct OperatorRequests: Sendable {
  private static let retryMilliseconds = 4000
  private static let headers: HeaderFields = ["Cache-Control": "no-store"]

  private let configuration: BridgeConfiguration
  private let wiring: Wiring
  private let publisher: Publisher
  private let health: HealthReport
  private let place: AdminPlace

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ publisher: Publisher,
    _ health: HealthReport, at place: AdminPlace
  ) {
    self.place = place
    self.configuration = configuration
    self.wiring = wiring
    self.publisher = publisher
    self.health = health
  }

  /// Everything of `/healthz`, and what only an operator wants to know.
  func status() -> Response {
    guard case .object(var members) = health.json else {
      return Problem(.internal).response(to: nil)
    }
    let server = wiring.server
    let threads = (0..<(server?.shardCount ?? 0)).compactMap { index -> JSONValue? in
      guard let figures = server?.statistics(ofShard: index) else { return nil }
      return .object([
        .init("name", .string("http-\(index)")),
        .init("connections", .integer(figures.connections)),
        .init("parked_requests", .integer(figures.parkedRequests)),
        .init("streams", .integer(figures.streams)),
        .init("commands_waiting", .integer(figures.commandsWaiting)),
        .init("requests", .integer(figures.requestsTotal)),
      ])
    }
    let facts = ProcessFacts.now()
    members += [
      .init("draining", .boolean(wiring.isDraining)),
      .init("threads", .array(threads)),
      .init(
        "process",
        .object([
          .init("cpu_milliseconds", .integer(Int(facts.processorSeconds * 1000))),
          .init("resident_bytes", .integer(facts.residentBytes)),
          .init("open_descriptors", .integer(facts.openDescriptors)),
          .init("descriptors_max", .integer(facts.descriptorsMax)),
        ])),
    ]
    return .json(.object(members), headers: Self.headers)
  }

  /// A page of the open streams, the oldest first.
  func connections(_ parameters: PageParameters) -> Response {
    let skipped = Int(parameters.cursor ?? 0)
    let (entries, isLast) = wiring.openStreams.page(after: skipped, limit: parameters.limit)
    let list = entries.map { entry -> JSONValue in
      var members: [JSONValue.Member] = [
        .init("id", .string(entry.id.description)),
        .init("kind", .string(entry.form.kind)),
        .init("client_address", .string(entry.clientAddress)),
        .init("topics", .array(entry.filters.map { .string($0.text) })),
        .init("opened_at", .string(Timestamp(milliseconds: entry.openedAt).description)),
      ]
      if let name = entry.subscription { members.append(.init("subscription", .string(name))) }
      return .object(members)
    }
    var page: [JSONValue.Member] = [
      .init("total", .integer(wiring.openStreams.count)), .init("connections", .array(list)),
    ]
    if !isLast {
      page.append(.init("next_cursor", .string(String(skipped + entries.count))))
    }
    return .json(.object(page), headers: Self.headers)
  }

  /// Ends one stream; its client may come again.
  func disconnect(_ name: String) throws(Problem) -> Response {
    guard let id = wiring.openStreams.find(name) else {
      throw Problem(.connectionUnknown, detail: "no open stream has the name '\(name)'")
    }
    end([id], reason: "operator")
    return Response(status: 204)
  }

  /// Takes the bridge out of service: not ready, no new publishes and streams, open streams ended.
  ///
  /// What is stored goes on to the broker. `DELETE` puts it back.
  func drain() -> Response {
    wiring.setOutOfService(true)
    let ids = wiring.openStreams.ids
    end(ids, reason: "draining")
    return .json(
      .object([.init("draining", .boolean(true)), .init("streams_ended", .integer(ids.count))]),
      status: 202, headers: Self.headers)
  }

  func endDrain() -> Response {
    wiring.setOutOfService(false)
    return .json(
      .object([.init("draining", .boolean(wiring.isDraining))]), headers: Self.headers)
  }

  /// A page of the stored publishes, the oldest first, read on the thread of the log's readers.
  func queue(_ parameters: PageParameters, _ request: Request) throws(Problem) -> Answer {
    let after = parameters.cursor ?? 0
    let isTaken = wiring.store?.read { [wiring, publisher, configuration, place] reader in
      let response: Response
      do throws(StoreError) {
        let rows = try reader.outbox(after: after, limit: parameters.limit)
        let report = QueueReport(configuration, wiring.store?.statistics ?? StoreStatistics())
        response = .json(
          report.json(rows, limit: parameters.limit) { publisher.progress(of: $0) },
          headers: Self.headers)
      } catch {
        response = Problem(.storeBusy, detail: "\(error)", headers: ["Retry-After": "1"])
          .response(to: request.head)
      }
      wiring.answer(request.id, at: place, with: response)
    }
    guard isTaken == true else { throw Problem(.storeBusy, headers: ["Retry-After": "1"]) }
    return .park(deadline: nil)
  }

  private func end(_ ids: [StreamID], reason: String) {
    for id in ids {
      let retry = StreamFrames.jitteredRetry(around: Self.retryMilliseconds)
      let form = wiring.openStreams.form(of: id)
      let last = StreamFrames.close(reason: reason, reconnects: true, retry: retry, as: form)
      let commands: [StreamCommand] =
        form == .socket
        ? [
          .private(last, streams: [id]),
          .close(id, CloseStatus(.goingAway, reason: reason)),
        ]
        : form == .tunnel
          ? [.close(id, CloseStatus(.goingAway, reason: reason))] : [.end(id, last: last)]
      wiring.server?.deliver(commands, toShard: id.shard)
    }
  }
}

/// The query of a request for a page: `limit` and `cursor`.
struct PageParameters: Equatable, Sendable {
  private(set) var limit = 100
  private(set) var cursor: Int64?

  init(_ query: Query) throws(Problem) {
    var seen: Set<String> = []
    for parameter in query.parameters {
      let name = (try? parameter.name) ?? "?"
      guard name == "limit" || name == "cursor" else {
        throw Problem(.unknownParameter, detail: "there is no parameter '\(name)' here")
      }
      guard seen.insert(name).inserted else {
        throw Problem(.badParameter, detail: "'\(name)' is given twice")
      }
      let value = (try? parameter.value()) ?? ""
      if name == "limit" {
        limit = try FieldText.number(name, value, 1...500)
      } else {
        cursor = Int64(try FieldText.number(name, value, 0...Int.max))
      }
    }
  }

  /// For a request that has no query.
  static func none(_ query: Query) throws(Problem) {
    guard let parameter = query.parameters.first else { return }
    let name = (try? parameter.name) ?? "?"
    throw Problem(.unknownParameter, detail: "there is no parameter '\(name)' here")
  }
}
