/// One connection that libmicrohttpd holds.
final class Connection {
  let serial: UInt64
  let handle: ConnectionHandle
  /// Whom its requests are for.
  let application: any HTTPApplication
  let descriptor: Int32
  let clientAddress: String
  /// Its encryption, if it has one.
  let session: TLSSession?
  /// Known once the handshake is over, which is before the first request.
  private(set) lazy var clientCertificate = session?.clientCertificate
  /// Its share of what its address may have; nil when it got none.
  var place: AddressPlace?
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

  init(serial: UInt64, handle: ConnectionHandle, _ application: any HTTPApplication) {
    self.serial = serial
    self.handle = handle
    self.application = application
    descriptor = handle.descriptor
    clientAddress = handle.clientAddress
    session = handle.session
  }
}
