/// One connection that libmicrohttpd holds.
final class Connection {
  let serial: UInt64
  let handle: ConnectionHandle
  let descriptor: Int32
  let clientAddress: String
  /// The request it is busy with.
  var exchange: Exchange?
  /// Whether the loop would notice that the peer closes.
  var isWatched = false
  /// The client will send nothing more.
  var isHalfClosed = false
  /// When what it waits for has taken too long.
  var deadline: Duration?
  /// The earliest timer that is set for it.
  var timerAt: Duration?

  init(serial: UInt64, handle: ConnectionHandle) {
    self.serial = serial
    self.handle = handle
    descriptor = handle.descriptor
    clientAddress = handle.clientAddress
  }
}
