import EventLoop

/// The requests of one http thread, from the first line to the answer.
final class Exchanges {
  /// A refused body up to this size is read and thrown away, so that the connection survives.
  static let discardedBytesMax = 64 * 1024

  /// How long a request of a client that will send nothing more may still take, unless parked.
  static let halfClosedTimeout = Duration.seconds(1)

  let shard: Int
  let options: HTTPServerOptions
  let quotas: Quotas
  private let applications: [any HTTPApplication]
  let loop: Loop
  let streams: EventStreams
  let lingering: LingeringSockets
  let relays: TLSRelays
  var connections: [UInt64: Connection] = [:]
  var parked: [UInt64: Exchange] = [:]
  /// Those whose body waits until the application takes more.
  var paused: [UInt64: Exchange] = [:]
  var lastSerial: UInt64 = 0
  /// Whether a resumed request waits for the daemon to run.
  var needsRun = false
  /// How many parked requests are held and not suspended.
  var heldCount = 0
  /// Whether libmicrohttpd told of anything but held requests when it ran last.
  var sawProgress = false
  private(set) var isQuiescing = false
  private(set) var isStopping = false
  var requestsTotal = 0

  init(
    shard: Int, options: HTTPServerOptions, quotas: Quotas,
    applications: [any HTTPApplication], loop: Loop, streams: EventStreams,
    lingering: LingeringSockets, relays: TLSRelays
  ) {
    self.shard = shard
    self.options = options
    self.quotas = quotas
    self.applications = applications
    self.loop = loop
    self.streams = streams
    self.lingering = lingering
    self.relays = relays
  }

  /// The answer to a parked request has come; ignored when the request is gone.
  func resolve(_ serial: UInt64, _ resolution: Exchange.Resolution) {
    guard let exchange = parked.removeValue(forKey: serial) else {
      switch resolution {
      case .stream, .upgrade:
        // Nobody knows any more whose request it was.
        for application in applications {
          application.streamClosed(StreamID(shard: shard, serial: serial), reason: .clientLeft)
        }
      case .respond, .close: break
      }
      return
    }
    exchange.stage = .resumed(resolution)
    exchange.connection.deadline = nil
    if !release(exchange) { exchange.connection.handle.resume() }
    needsRun = true
  }

  /// What a parked request waited for is known; ignored when the request is gone.
  func again(_ serial: UInt64) {
    guard let exchange = parked[serial] else { return }
    switch exchange.connection.application.handleAgain(exchange.id) {
    case .respond(let response): resolve(serial, .respond(response))
    case .stream(let head): resolve(serial, .stream(head))
    case .upgrade(let head): resolve(serial, .upgrade(head))
    case .park(let timeout):
      if let timeout { arm(exchange.connection, at: loop.now + timeout) }
    }
  }

  /// The peer of a watched connection will send nothing more.
  func peerClosed(_ token: LoopToken) {
    guard let connection = connections[token.value] else { return }
    unwatch(connection)
    connection.isHalfClosed = true
    // It has said all it wanted, and the application has not taken all of it yet.
    if case .pausedBody = connection.exchange?.stage { return }
    guard let exchange = connection.exchange, case .parked = exchange.stage else {
      // libmicrohttpd finds out by itself, unless the end came together with the last bytes: its
      // edge-triggered poll has then told it of both at once, and it asks only once.
      return arm(connection, at: loop.now + Self.halfClosedTimeout)
    }
    resolve(exchange.id.serial, .close)
    connection.application.clientLeft(exchange.id)
  }

  func timerFired(_ token: LoopToken) {
    guard let connection = connections[token.value] else { return }
    if let timerAt = connection.timerAt, timerAt <= loop.now { connection.timerAt = nil }
    guard let deadline = connection.deadline else { return }
    guard deadline <= loop.now else { return arm(connection, at: deadline) }
    connection.deadline = nil
    guard let exchange = connection.exchange else {
      return StreamSocket.cut(connection.descriptor)
    }
    if case .done = exchange.stage { return StreamSocket.cut(connection.descriptor) }
    if case .parked = exchange.stage {
      guard let response = connection.application.deadlineReached(exchange.id) else { return }
      resolve(exchange.id.serial, .respond(response))
    } else {
      cut(exchange)
    }
  }

  /// No further connections come, and those that are there end behind their next answer.
  ///
  /// Those between two requests have `patience` for another one, because it may be on its way.
  func quiesce(patience: Duration) {
    isQuiescing = true
    let end = loop.now + patience
    for connection in connections.values where connection.exchange == nil {
      arm(connection, at: min(connection.deadline ?? end, end))
    }
  }

  /// Answers everything that is parked.
  func stop() {
    isStopping = true
    for (serial, exchange) in parked {
      resolve(serial, .respond(draining(exchange)))
    }
    for exchange in paused.values { resume(exchange, .resumed(.close)) }
  }

  func draining(_ exchange: Exchange) -> Response {
    answer(Problem(.draining, headers: ["Retry-After": "5"]), exchange)
  }

  /// The answer for what the server itself finds wrong with a request.
  func answer(_ problem: Problem, _ exchange: Exchange) -> Response {
    exchange.connection.application.complete(problem, for: exchange.head)
      .response(to: exchange.head)
  }

  /// Sets the time by which a connection must have got on.
  func arm(_ connection: Connection, at deadline: Duration) {
    connection.deadline = deadline
    if let timerAt = connection.timerAt, timerAt <= deadline { return }
    connection.timerAt = deadline
    loop.schedule(LoopToken(.connection, connection.serial), at: deadline)
  }

  func unwatch(_ connection: Connection) {
    guard connection.isWatched else { return }
    connection.isWatched = false
    loop.unwatch(connection.descriptor)
  }

  func watch(_ connection: Connection) {
    guard !connection.isWatched else { return }
    let token = LoopToken(.connection, connection.serial)
    // Without memory for it we only learn later that the client left: when we answer.
    connection.isWatched =
      (try? loop.watch(connection.descriptor, [.peerClosed], token)) != nil
  }

  /// Says 408 to a request that does not arrive; libmicrohttpd then sees the end of its input.
  private func cut(_ exchange: Exchange) {
    let connection = exchange.connection
    connection.application.report(.requestTimedOut(clientAddress: connection.clientAddress))
    let response = decorated(answer(Problem(.bodyTimeout), exchange), exchange)
    send(ResponseText.bytes(of: response), to: connection)
    record(exchange, response.status, sentBytes: response.body.count)
    StreamSocket.cut(connection.descriptor)
  }
}
