import EventLoop

/// The way of one request through libmicrohttpd's callbacks.
extension Exchanges: DaemonDelegate {
  func opened(_ handle: ConnectionHandle) -> Connection {
    lastSerial += 1
    let connection = Connection(serial: lastSerial, handle: handle)
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
    lastSerial += 1
    let exchange = Exchange(
      id: RequestID(shard: shard, serial: lastSerial), connection: connection, target: target,
      arrivedAt: loop.now)
    connection.exchange = exchange
    arm(connection, at: loop.now + options.requestTimeout)
    return exchange
  }

  func ended(_ exchange: Exchange) {
    let connection = exchange.connection
    connection.exchange = nil
    quotas.bodyBytes.giveBack(exchange.bodyCount)
    let timeout = connection.isHalfClosed ? Self.halfClosedTimeout : options.idleTimeout
    arm(connection, at: loop.now + timeout)
  }

  func readHead(of exchange: Exchange, method: String, version: String) -> Bool {
    guard let target = exchange.target else {
      let problem = Problem(.badParameter, detail: "the URI is not UTF-8 text")
      return refuse(exchange, answer(problem, nil))
    }
    let handle = exchange.connection.handle
    let headers = handle.headers()
    let head = RequestHead(
      method: method, target: target, headers: headers,
      clientAddress: exchange.connection.clientAddress,
      contentLength: headers["Content-Length"].flatMap { Int($0) }, version: version)
    exchange.head = head
    if headers.values("Content-Length").count + headers.values("Transfer-Encoding").count > 1 {
      // Whoever wrote that may see another request in the bytes that follow. [RFC 9112, 6.1]
      let problem = Problem(.badHeader, detail: "the length of the body is told twice")
      return refuseAndClose(exchange, answer(problem, head))
    }
    if isStopping { return refuse(exchange, draining(head)) }
    if let problem = violation(of: head, target, headSize: handle.headSize) {
      return refuse(exchange, answer(problem, head))
    }
    switch application.admit(head) {
    case .refuse(let response): return refuse(exchange, response)
    case .accept(let limit):
      if let length = head.contentLength, length > limit {
        return refuse(exchange, tooLarge(limit, head))
      }
      exchange.stage = .readingBody(limit: limit)
      return true
    }
  }

  func admitsPiece(of exchange: Exchange, count: Int) -> Bool {
    switch exchange.stage {
    case .readingBody(let limit):
      guard count <= limit - exchange.body.count else {
        return refuseAndClose(exchange, tooLarge(limit, exchange.head))
      }
      guard quotas.bodyBytes.take(count) else {
        let problem = Problem(.queueFull, detail: "too much is being uploaded at once")
        return refuseAndClose(exchange, answer(problem, exchange.head))
      }
      exchange.bodyCount += count
      return true
    case .discardingBody(let response):
      exchange.discardedCount += count
      guard exchange.discardedCount <= Self.discardedBytesMax else {
        return refuseAndClose(exchange, response)
      }
      return true
    case .awaitingHead, .parked, .resumed, .done: return false
    }
  }

  func proceed(with exchange: Exchange) -> Bool {
    switch exchange.stage {
    case .readingBody: return decide(exchange)
    case .discardingBody(let response), .resumed(.respond(let response)):
      return respond(to: exchange, with: response)
    case .resumed(.stream(let head)): return openStream(exchange, head)
    case .awaitingHead, .parked, .resumed(.close), .done: return false
    }
  }

  private func decide(_ exchange: Exchange) -> Bool {
    exchange.connection.deadline = nil
    guard let head = exchange.head else { return false }
    // Nothing may be parked any more: libmicrohttpd cannot stop with a suspended connection.
    if isStopping { return respond(to: exchange, with: draining(head)) }
    let request = Request(
      head: head, body: Swift::exchange(&exchange.body, with: []), id: exchange.id,
      arrivedAt: exchange.arrivedAt)
    switch application.handle(request) {
    case .respond(let response): return respond(to: exchange, with: response)
    case .stream(let head): return openStream(exchange, head)
    case .park(let timeout):
      exchange.stage = .parked
      parked[exchange.id.serial] = exchange
      watch(exchange.connection)
      if let timeout { arm(exchange.connection, at: loop.now + timeout) }
      exchange.connection.handle.suspend()
      return true
    }
  }

  private func respond(to exchange: Exchange, with response: Response) -> Bool {
    exchange.stage = .done
    exchange.connection.deadline = nil
    requestsTotal += 1
    let response = decorated(response, exchange)
    return exchange.connection.handle.queue(response, closing: isQuiescing)
  }

  /// Takes the socket away from libmicrohttpd and hands it to the streams.
  private func openStream(_ exchange: Exchange, _ head: StreamHead) -> Bool {
    let id = exchange.id.stream
    if exchange.head?.method == "HEAD" {
      application.streamClosed(id, reason: .ended)
      return respond(to: exchange, with: Response(status: 200, headers: head.headers))
    }
    guard !isStopping, quotas.streams.take(1) else {
      application.streamClosed(id, reason: .refused)
      let code: ProblemCode = isStopping ? .draining : .tooManyConnections
      let problem = Problem(
        code, detail: "no room for another stream", headers: ["Retry-After": "5"])
      return respond(to: exchange, with: answer(problem, exchange.head))
    }
    exchange.stage = .done
    requestsTotal += 1
    do throws(SystemError) {
      let socket = try detach(exchange)
      var head = head
      application.decorate(&head.headers, of: exchange.id, for: exchange.head)
      streams.open(id, socket: socket, isChunked: exchange.head?.version != "HTTP/1.0", head)
    } catch {
      quotas.streams.giveBack(1)
      application.report(.streamRefused(id, errorNumber: error.number))
      application.streamClosed(id, reason: .refused)
    }
    return false
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
  private func refuseAndClose(_ exchange: Exchange, _ response: Response) -> Bool {
    exchange.stage = .done
    requestsTotal += 1
    guard let socket = try? detach(exchange) else { return false }
    let bytes = ResponseText.bytes(
      of: decorated(response, exchange), withBody: exchange.head?.method != "HEAD")
    _ = StreamSocket.send(bytes, to: socket)
    lingering.add(socket)
    return false
  }

  private func detach(_ exchange: Exchange) throws(SystemError) -> Int32 {
    unwatch(exchange.connection)
    return try StreamSocket.detach(exchange.connection.descriptor)
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

  private func tooLarge(_ limit: Int, _ head: RequestHead?) -> Response {
    let problem = Problem(
      .payloadTooLarge, detail: "the body may have \(limit) bytes",
      members: [.init("max_bytes", .integer(limit)), .init("limited_by", .string("bridge"))])
    return answer(problem, head)
  }
}
