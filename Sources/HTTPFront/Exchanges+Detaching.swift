import EventLoop

/// How a connection leaves libmicrohttpd.
extension Exchanges {
  /// The socket of a request from now on; only inside a callback of libmicrohttpd.
  ///
  /// Without TLS it is the client's, and the library then closes its own descriptor. With TLS the
  /// connection is suspended there until the relay ends, and the callback must say that it goes on.
  func detach(_ exchange: Exchange) throws(SystemError) -> Int32 {
    let connection = exchange.connection
    unwatch(connection)
    guard let session = connection.session else {
      return try StreamSocket.detach(connection.descriptor)
    }
    let socket = try relays.open(
      serial: connection.serial, session: session, descriptor: connection.descriptor
    ) { [unowned self] in
      // Should the rest of a body be missing, the library now sees that it will not come.
      StreamSocket.cut(connection.descriptor)
      connection.handle.resume()
      needsRun = true
    }
    exchange.isRelayed = true
    settle(exchange)
    connections[connection.serial] = nil
    connection.handle.suspend()
    return socket
  }

  /// Gives back what the body of a request has taken, and tells the application of its end.
  func settle(_ exchange: Exchange) {
    if exchange.owesBodyEnd { exchange.connection.application.bodyAborted(exchange.id) }
    exchange.owesBodyEnd = false
    quotas.bodyBytes.giveBack(exchange.bodyCount)
    exchange.bodyCount = 0
  }

  /// Sends the last words to a connection that is about to be cut; no more than it takes at once.
  func send(_ bytes: [UInt8], to connection: Connection) {
    guard let session = connection.session else {
      _ = StreamSocket.send(bytes, to: connection.descriptor)
      return
    }
    _ = session.send(bytes[...])
    _ = session.sayGoodbye()
  }
}
