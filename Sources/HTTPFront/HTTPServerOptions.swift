/// Within which limits a server serves, and where, if no listeners say that.
package struct HTTPServerOptions: Sendable {
  /// An address, or a name that stands for one.
  package var host = "127.0.0.1"
  /// 0 lets the system choose; `HTTPServer.port` tells.
  package var port = 0
  /// How many http threads share the port.
  package var threads = 1
  /// How many connections that are no streams, dealt evenly to the threads; further ones wait
  /// unaccepted.
  package var connectionsMax = 10_000
  /// How many streams, over all threads; a further one is answered 429.
  package var streamsMax = 10_000
  /// How many connections, streams included, one client address may have.
  ///
  /// Of an IPv6 address the first 64 bits count. The first request of a further connection is
  /// answered 429; 0 bounds nothing.
  package var connectionsPerAddressMax = 0
  package var headerBytesMax = 16 * 1024
  package var urlBytesMax = 8 * 1024
  /// From the first line of a request, or the connection, to the end of its body; for a body that
  /// is taken in pieces to the end of the head, and then for each 16 KiB of it.
  package var requestTimeout = Duration.seconds(30)
  /// How long a connection may stay open between requests, or an answer without being read.
  package var idleTimeout = Duration.seconds(60)
  /// How many bytes of bodies may be on their way or with parked requests, over all threads;
  /// what is over is answered 503.
  package var bodyBytesMax = 256 << 20
  /// How many bytes of frames one thread keeps for the streams that are behind.
  package var ringBytes = 64 << 20
  /// How many bytes of private frames may wait for one stream; what is over becomes a gap.
  ///
  /// Replays do not count.
  package var privateBytesPerStream = 4 << 20
  /// Over how long WebSockets are told that the server stops, so that their clients do not all come
  /// back at once; never more than half of the time there is.
  package var drainSpread = Duration.seconds(1)
  /// How many stream commands may wait for one thread.
  package var commandsMax = 16_384

  package init() {}

  /// The share of one thread, of connections that are no streams.
  var connectionsPerThread: Int { max(1, connectionsMax / threads) }
}

/// Why a server could not start.
package enum HTTPServerError: Error, Equatable, Sendable {
  case unknownHost(String)
  case addressInUse(host: String, port: Int)
  case addressNotAvailable(host: String)
  case permissionDenied(port: Int)
  /// No Unix socket can be made there: too long, a folder missing or not ours, or another kind of file.
  case unusablePath(String)
  case systemCall(String, errorNumber: Int32)
  /// libmicrohttpd refused to start.
  case daemonNotStarted
}
