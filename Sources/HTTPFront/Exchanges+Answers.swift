/// What every answer has in common.
extension Exchanges {
  func decorated(_ response: Response, _ exchange: Exchange) -> Response {
    var response = response
    decorate(&response.headers, exchange)
    return response
  }

  func decorate(_ headers: inout HeaderFields, _ exchange: Exchange) {
    application.decorate(&headers, of: exchange.id, for: exchange.head)
  }

  /// Tells that a request is answered.
  func record(_ exchange: Exchange, _ status: Int, sentBytes: Int) {
    requestsTotal += 1
    application.answered(
      AccessRecord(
        id: exchange.id, method: exchange.head?.method,
        route: exchange.head.flatMap { application.route(of: $0) }, status: status,
        receivedBytes: exchange.bodyCount + exchange.discardedCount,
        sentBytes: sentBytes, duration: loop.now - exchange.arrivedAt,
        clientAddress: exchange.connection.clientAddress))
  }
}
