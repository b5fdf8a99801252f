/// Requests that are parked for moments: until a commit, as a rule.
///
/// Suspending a connection and resuming it costs two changes of libmicrohttpd's epoll set and a walk over
/// all that are suspended. A handler that neither answers nor suspends is called again whenever the
/// library runs; for a few requests and a few milliseconds that costs less.
extension Exchanges {
  /// How long a request is held before it is suspended after all.
  private static let longestHold = Duration.milliseconds(5)
  private static let heldMaximum = 256

  /// Parks a request whose connection may be held; otherwise suspends it.
  func hold(_ exchange: Exchange, isLong: Bool) {
    guard !isLong, heldCount < Self.heldMaximum, exchange.connection.session == nil else {
      return exchange.connection.handle.suspend()
    }
    heldCount += 1
    exchange.heldUntil = loop.now + Self.longestHold
  }

  /// libmicrohttpd asks again about a parked request, so it is held.
  func holdOn(_ exchange: Exchange) {
    guard let limit = exchange.heldUntil, limit <= loop.now else { return }
    release(exchange)
    exchange.connection.handle.suspend()
  }

  /// Ends the hold; false when the connection was not held, and is suspended.
  @discardableResult
  func release(_ exchange: Exchange) -> Bool {
    guard exchange.heldUntil != nil else { return false }
    exchange.heldUntil = nil
    heldCount -= 1
    return true
  }

  /// The connection of a held request has ended, which a suspended one cannot.
  func lost(_ exchange: Exchange) {
    guard release(exchange), parked.removeValue(forKey: exchange.id.serial) != nil else { return }
    exchange.connection.application.clientLeft(exchange.id)
  }
}
