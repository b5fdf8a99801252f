/// Bodies that the application takes in pieces.
extension Exchanges {
  /// So much of a body must come within the time of a request, again and again.
  private static let bytesPerDeadline = 16 << 10

  /// Hands a piece over.
  func received(_ piece: [UInt8], of exchange: Exchange) -> PieceFate {
    guard case .readingPieces(let limit) = exchange.stage, let head = exchange.head else {
      return .close
    }
    let connection = exchange.connection
    let flow = connection.application.bodyReceived(piece, of: exchange.id, head)
    if flow == .hold {
      pause(exchange, limit: limit)
      return .leave
    }
    exchange.pieceBytes += piece.count
    exchange.pieceBytesSinceArmed += piece.count
    if exchange.pieceBytesSinceArmed >= Self.bytesPerDeadline {
      exchange.pieceBytesSinceArmed = 0
      arm(connection, at: loop.now + options.requestTimeout)
    }
    switch flow {
    case .more, .hold: break
    case .pause: pause(exchange, limit: limit)
    case .refuse(let response):
      exchange.owesBodyEnd = false
      return refuseAndClose(exchange, response) ? .drop : .close
    }
    return .drop
  }

  private func pause(_ exchange: Exchange, limit: Int) {
    exchange.stage = .pausedBody(limit: limit)
    paused[exchange.id.serial] = exchange
    exchange.connection.deadline = nil
    exchange.connection.handle.suspend()
  }

  /// The application takes more; ignored when the request is gone or not paused.
  func resumeBody(_ serial: UInt64) {
    guard let exchange = paused[serial], case .pausedBody(let limit) = exchange.stage else {
      return
    }
    resume(exchange, .readingPieces(limit: limit))
  }

  func resume(_ exchange: Exchange, _ stage: Exchange.Stage) {
    paused[exchange.id.serial] = nil
    exchange.stage = stage
    exchange.pieceBytesSinceArmed = 0
    let connection = exchange.connection
    let timeout = connection.isHalfClosed ? Self.halfClosedTimeout : options.requestTimeout
    arm(connection, at: loop.now + timeout)
    connection.handle.resume()
    needsRun = true
  }
}

/// What every answer has, and what is told about it.
extension Exchanges {
  func decorated(_ response: Response, _ exchange: Exchange) -> Response {
    var response = response
    decorate(&response.headers, exchange)
    return response
  }

  func decorate(_ headers: inout HeaderFields, _ exchange: Exchange) {
    if let name = exchange.head?.name, !name.isEmpty { headers.set("Request-Id", name) }
    exchange.connection.application.decorate(&headers, of: exchange.id, for: exchange.head)
  }

  /// Tells that a request is answered.
  func record(_ exchange: Exchange, _ status: Int, sentBytes: Int) {
    let application = exchange.connection.application
    requestsTotal += 1
    application.answered(
      AccessRecord(
        id: exchange.id, method: exchange.head?.method,
        route: exchange.head.flatMap { application.route(of: $0) }, status: status,
        receivedBytes: exchange.bodyCount + exchange.pieceBytes + exchange.discardedCount,
        sentBytes: sentBytes, duration: loop.now - exchange.arrivedAt,
        clientAddress: exchange.connection.clientAddress), exchange.head)
  }
}
