import EventLoop

/// The way of one request through libmicrohttpd's callbacks.
extension Exchanges: DaemonDelegate {
  func opened(_ handle: ConnectionHandle, _ application: any HTTPApplication) -> Connection {
    sawProgress = true
    lastSerial += 1
    let connection = Connection(serial: lastSerial, handle: handle, application)
    if application.admitsConnection(from: connection.clientAddress) {
      connection.place = quotas.addresses.place(for: connection.clientAddress) {
        application.countsConnection(from: connection.clientAddress)
      }
    }
    connections[lastSerial] = connection
    watch(connection)
    arm(connection, at: loop.now + options.requestTimeout)
    return connection
  }

  func closed(_ connection: Connection) {
    unwatch(connection)
    connections[connection.serial] = nil
  }

  func began(on connection: Connection, target: String?) -> Exchange {
    sawProgress = true
    lastSerial += 1
    let exchange = Exchange(
      id: RequestID(shard: shard, serial: lastSerial), connection: connection, target: target,
      arrivedAt: loop.now)
    connection.exchange = exchange
    arm(connection, at: loop.now + options.requestTimeout)
    return exchange
  }

  func ended(_ exchange: Exchange, wasSent: Bool) {
    let connection = exchange.connection
    if exchange.owesReport { connection.application.answerEnded(exchange.id, wasSent: wasSent) }
    connection.exchange = nil
    sawProgress = true
    lost(exchange)
    settle(exchange)
    guard !exchange.isRelayed else { return }
    let timeout = connection.isHalfClosed ? Self.halfClosedTimeout : options.idleTimeout
    arm(connection, at: loop.now + timeout)
  }

  func readHead(of exchange: Exchange, method: String, version: String) -> Bool {
    guard let target = exchange.target else {
      let problem = Problem(.badParameter, detail: "the URI is not UTF-8 text")
      return refuse(exchange, answer(problem, exchange))
    }
    let handle = exchange.connection.handle
    let (headers, areSound) = handle.headers()
    var head = RequestHead(
      method: method, target: target, headers: headers,
      clientAddress: exchange.connection.clientAddress,
      contentLength: headers["Content-Length"].flatMap { Int($0) }, version: version,
      clientCertificate: exchange.connection.clientCertificate)
    head.name = exchange.connection.application.name(of: exchange.id, head)
    exchange.head = head
    if let ambiguity = areSound ? HeadCheck.violation(head) : "a field has an illegal byte" {
      let problem = Problem(.badHeader, detail: ambiguity)
      return refuseAndClose(exchange, answer(problem, exchange))
    }
    guard exchange.connection.place != nil else {
      let problem = Problem(
        .tooManyConnections, detail: "too many connections from your address",
        headers: ["Retry-After": "5"])
      return refuseAndClose(exchange, answer(problem, exchange))
    }
    if isStopping { return refuse(exchange, draining(exchange)) }
    if let problem = violation(of: head, target, headSize: handle.headSize) {
      return refuse(exchange, answer(problem, exchange))
    }
    switch exchange.connection.application.admit(head) {
    case .refuse(let response): return refuse(exchange, response)
    case .acceptPieces(let limit):
      if let length = head.contentLength, length > limit {
        return refuse(exchange, tooLarge(limit, exchange))
      }
      exchange.stage = .readingPieces(limit: limit)
      return true
    case .accept(let limit):
      if let length = head.contentLength, length > limit {
        return refuse(exchange, tooLarge(limit, exchange))
      }
      exchange.stage = .readingBody(limit: limit)
      return true
    }
  }

  func fate(ofPieceOf exchange: Exchange, count: Int) -> PieceFate {
    sawProgress = true
    switch exchange.stage {
    case .readingPieces(let limit):
      guard count <= limit - exchange.pieceBytes else {
        return closing(refuseAndClose(exchange, tooLarge(limit, exchange)))
      }
      exchange.owesBodyEnd = true
      return .handOver
    // The library had more of it already when the application said that it takes no more.
    case .pausedBody: return .leave
    case .readingBody(let limit):
      guard count <= limit - exchange.body.count else {
        return closing(refuseAndClose(exchange, tooLarge(limit, exchange)))
      }
      guard quotas.bodyBytes.take(count) else {
        let problem = Problem(.queueFull, detail: "too much is being uploaded at once")
        return closing(refuseAndClose(exchange, answer(problem, exchange)))
      }
      exchange.bodyCount += count
      return .keep
    case .discardingBody(let response):
      exchange.discardedCount += count
      guard exchange.discardedCount <= Self.discardedBytesMax else {
        return closing(refuseAndClose(exchange, response))
      }
      return .drop
    case .awaitingHead, .parked, .resumed, .done: return .close
    }
  }

  private func closing(_ goesOn: Bool) -> PieceFate { goesOn ? .drop : .close }

  func proceed(with exchange: Exchange) -> Bool {
    if case .parked = exchange.stage, exchange.heldUntil != nil {
      holdOn(exchange)
      return true
    }
    sawProgress = true
    switch exchange.stage {
    case .readingBody, .readingPieces: return decide(exchange)
    case .discardingBody(let response), .resumed(.respond(let response)):
      return respond(to: exchange, with: response)
    case .resumed(.stream(let head)): return openStream(exchange, head)
    case .resumed(.upgrade(let head)): return openSocket(exchange, head)
    case .awaitingHead, .parked, .pausedBody, .resumed(.close), .done: return false
    }
  }

  private func decide(_ exchange: Exchange) -> Bool {
    exchange.connection.deadline = nil
    exchange.owesBodyEnd = false
    guard let head = exchange.head else { return false }
    // Nothing may be parked any more: libmicrohttpd cannot stop with a suspended connection.
    if isStopping { return respond(to: exchange, with: draining(exchange)) }
    let request = Request(
      head: head, body: Swift::exchange(&exchange.body, with: []), id: exchange.id,
      arrivedAt: exchange.arrivedAt)
    switch exchange.connection.application.handle(request) {
    case .respond(let response): return respond(to: exchange, with: response)
    case .stream(let head): return openStream(exchange, head)
    case .upgrade(let head): return openSocket(exchange, head)
    case .park(let timeout):
      exchange.stage = .parked
      parked[exchange.id.serial] = exchange
      watch(exchange.connection)
      if let timeout { arm(exchange.connection, at: loop.now + timeout) }
      hold(exchange, isLong: timeout != nil)
      return true
    }
  }

  private func respond(to exchange: Exchange, with response: Response) -> Bool {
    exchange.stage = .done
    exchange.connection.deadline = nil
    let response = decorated(response, exchange)
    exchange.owesReport = response.reportsEnd
    record(exchange, response.status, sentBytes: response.body.count)
    return exchange.connection.handle.queue(response, closing: isQuiescing)
  }

  /// Takes the socket away from libmicrohttpd and hands it to the streams.
  private func openStream(_ exchange: Exchange, _ head: StreamHead) -> Bool {
    let id = exchange.id.stream
    if exchange.head?.method == "HEAD" {
      exchange.connection.application.streamClosed(id, reason: .ended)
      return respond(to: exchange, with: Response(status: 200, headers: head.headers))
    }
    let connection = exchange.connection
    let isChunked = exchange.head?.version != "HTTP/1.0"
    var head = head
    decorate(&head.headers, exchange)
    StreamSocket.setAcknowledgementLimit(head.writeStallLimit, on: connection.descriptor)
    return detachStream(exchange, 200) { streams, socket in
      streams.open(id, socket: socket, of: connection, isChunked: isChunked, head)
    }
  }

  /// Does the same for a WebSocket, if the request is a right handshake.
  private func openSocket(_ exchange: Exchange, _ head: WebSocketHead) -> Bool {
    let id = exchange.id.stream
    do throws(Problem) {
      guard let request = exchange.head else { return false }
      let handshake = try WebSocketUpgrade.handshake(request, head)
      var head = head
      decorate(&head.headers, exchange)
      let connection = exchange.connection
      StreamSocket.setAcknowledgementLimit(head.writeStallLimit, on: connection.descriptor)
      return detachStream(exchange, 101) { streams, socket in
        streams.open(id, socket: socket, of: connection, head, handshake)
      }
    } catch {
      exchange.connection.application.streamClosed(id, reason: .refused)
      return respond(to: exchange, with: answer(error, exchange))
    }
  }

  /// Takes one of the streams there may be and the socket, or answers that there is no room.
  private func detachStream(
    _ exchange: Exchange, _ status: Int, _ open: (EventStreams, Int32) -> Void
  ) -> Bool {
    let id = exchange.id.stream
    let application = exchange.connection.application
    guard !isStopping, quotas.streams.take(1) else {
      application.streamClosed(id, reason: .refused)
      let code: ProblemCode = isStopping ? .draining : .tooManyConnections
      let problem = Problem(
        code, detail: "no room for another stream", headers: ["Retry-After": "5"])
      return respond(to: exchange, with: answer(problem, exchange))
    }
    exchange.stage = .done
    record(exchange, status, sentBytes: 0)
    do throws(SystemError) {
      open(streams, try detach(exchange))
    } catch {
      quotas.streams.giveBack(1)
      application.report(.streamRefused(id, errorNumber: error.number))
      application.streamClosed(id, reason: .refused)
    }
    return exchange.isRelayed
  }

  private func refuse(_ exchange: Exchange, _ response: Response) -> Bool {
    let head = exchange.head
    let length = head?.contentLength ?? (head?.hasBody == true ? Int.max : 0)
    let asksFirst = head?.headers.contains("Expect") ?? false
    guard length <= Self.discardedBytesMax, length == 0 || !asksFirst else {
      return refuseAndClose(exchange, response)
    }
    exchange.stage = .discardingBody(response)
    return true
  }

  /// Answers by ourselves and lets the rest of the upload run into nothing.
  func refuseAndClose(_ exchange: Exchange, _ response: Response) -> Bool {
    exchange.stage = .done
    let response = decorated(response, exchange)
    record(exchange, response.status, sentBytes: response.body.count)
    guard let socket = try? detach(exchange) else { return false }
    let bytes = ResponseText.bytes(of: response, withBody: exchange.head?.method != "HEAD")
    _ = StreamSocket.send(bytes, to: socket)
    lingering.add(socket)
    return exchange.isRelayed
  }

  /// What is wrong with a head before the application sees it.
  private func violation(of head: RequestHead, _ target: String, headSize: Int) -> Problem? {
    if target.utf8.count > options.urlBytesMax {
      return Problem(.uriTooLong, detail: "at most \(options.urlBytesMax) bytes")
    }
    if headSize > options.headerBytesMax {
      return Problem(.headersTooLarge, detail: "at most \(options.headerBytesMax) bytes")
    }
    return nil
  }

  private func tooLarge(_ limit: Int, _ exchange: Exchange) -> Response {
    let problem = Problem(
      .payloadTooLarge, detail: "the body may have \(limit) bytes",
      members: [.init("max_bytes", .integer(limit)), .init("limited_by", .string("bridge"))])
    return answer(problem, exchange)
  }
}
