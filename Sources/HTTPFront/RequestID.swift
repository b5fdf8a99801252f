/// Names one request for as long as it lives; no other request of the process has the same one.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
  /// The index of the http thread that owns the request.
  package let shard: Int
  package let serial: UInt64

  package init(shard: Int, serial: UInt64) {
    self.shard = shard
    self.serial = serial
  }

  /// The name of the stream that this request becomes when it is answered with one.
  package var stream: StreamID { StreamID(shard: shard, serial: serial) }

  package var description: String { "r-\(shard)-\(serial)" }
}

/// Names one stream; the serial is that of the request it began as.
package struct StreamID: Hashable, Sendable, CustomStringConvertible {
  /// The index of the http thread that owns the stream, and of its `HTTPServer.send` mailbox.
  package let shard: Int
  package let serial: UInt64

  package init(shard: Int, serial: UInt64) {
    self.shard = shard
    self.serial = serial
  }

  package var description: String { "s-\(shard)-\(serial)" }
}

/// Names a group of streams that are sent the same frames; chosen by the application.
package typealias GroupID = UInt64
