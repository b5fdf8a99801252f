import CMicroHTTPD
import Glibc

/// What libmicrohttpd tells about its connections and requests, on the thread that runs it.
protocol DaemonDelegate: AnyObject {
  func opened(_ handle: ConnectionHandle, _ application: any HTTPApplication) -> Connection
  func closed(_ connection: Connection)
  /// The request line has arrived; the target is nil when it is no text.
  func began(on connection: Connection, target: String?) -> Exchange
  /// The head is complete; false closes the connection.
  func readHead(of exchange: Exchange, method: String, version: String) -> Bool
  /// A piece of the body is there.
  func fate(ofPieceOf exchange: Exchange, count: Int) -> PieceFate
  /// Takes a piece that was to be handed over, or leaves or drops it.
  func received(_ piece: [UInt8], of exchange: Exchange) -> PieceFate
  /// Everything was read, or the request was resumed; false closes the connection.
  func proceed(with exchange: Exchange) -> Bool
  func ended(_ exchange: Exchange, wasSent: Bool)
}

/// What becomes of a piece of a body.
enum PieceFate {
  case keep
  case handOver
  case drop
  /// It stays with the library, which comes back with it.
  case leave
  /// The connection is closed.
  case close
}

/// One libmicrohttpd daemon without a thread of its own.
@safe final class Daemon {
  /// What the memory of a connection holds beside the head; it is cleared for every request.
  private static let poolReserve = 8 * 1024

  private var daemon: OpaquePointer?
  private let delegate: any DaemonDelegate
  private let application: any HTTPApplication
  private let clientCertificates: TLSIdentity.ClientCertificates
  /// How often a byte came or went under TLS.
  private let moved: UnsafeMutablePointer<UInt>
  private var idleRuns: IdleRuns?

  /// Takes over the listening socket; without one it has only what is added to it.
  init(
    listeningOn socket: Int32?, options: HTTPServerOptions, tls: TLSIdentity? = nil,
    application: any HTTPApplication, delegate: any DaemonDelegate
  ) throws(HTTPServerError) {
    self.delegate = delegate
    self.application = application
    clientCertificates = tls?.clientCertificates ?? .none
    unsafe moved = .allocate(capacity: 1)
    unsafe moved.initialize(to: 0)
    idleRuns = tls == nil ? nil : IdleRuns()
    unsafe daemon = nil
    var callbacks = unsafe cmhd_callbacks(
      access: accessed, completed: completed, connection: connectionChanged, target: began,
      context: Unmanaged.passUnretained(self).toOpaque())
    let idleSeconds = max(1, options.idleTimeout.components.seconds)
    let memory = options.headerBytesMax + Self.poolReserve
    let start = { (limit: Int, texts: UnsafePointer<cmhd_tls>?) in
      unsafe cmhd_start(
        socket ?? -1, texts, &callbacks, memory, UInt32(clamping: limit),
        UInt32(clamping: idleSeconds))
    }
    let limit = options.connectionsPerThread
    if let tls {
      // Its streams stay with it; `Door` bounds the rest.
      let all = limit + options.streamsMax + LingeringSockets.countMax
      unsafe daemon = tls.withTexts { unsafe start(all, $0) }
    } else {
      unsafe daemon = start(limit, nil)
    }
    guard unsafe daemon != nil else { throw .daemonNotStarted }
  }

  deinit {
    stop()
    unsafe moved.deallocate()
  }

  /// Readable when `run` has work to do.
  var descriptor: Int32 { unsafe cmhd_epoll_descriptor(daemon) }

  /// How many connections it has, the suspended ones included.
  var connectionCount: Int { Int(unsafe cmhd_connection_count(daemon)) }

  /// Does what is ready, without waiting.
  func run() {
    _ = unsafe MHD_run(daemon)
    idleRuns?.ran(progress: unsafe moved.pointee)
  }

  /// How long until `run` is needed even if the descriptor stays silent; nil for never.
  var timeout: Duration? {
    var milliseconds: UInt64 = 0
    guard unsafe MHD_get_timeout(daemon, &milliseconds) == .YES else { return nil }
    let timeout = Duration.milliseconds(Int64(clamping: milliseconds))
    return max(timeout, idleRuns?.pause ?? .zero)
  }

  /// Takes over a socket that was accepted elsewhere, under the address of its client.
  func add(_ socket: Int32, of client: ProxyHeader.Client) {
    let named: SocketAddress? =
      switch client {
      case .peer: SocketAddress(peerOf: socket)
      case .address(let bytes, let port): SocketAddress(bytes: bytes, port: port)
      }
    // A proxy on a socket in the file system has no address, and is on this machine.
    guard let address = named ?? SocketAddress(bytes: [127, 0, 0, 1], port: 0) else { return }
    // In any case the socket is the library's from here on.
    _ = unsafe address.withSystemAddress { unsafe MHD_add_connection(daemon, socket, $0, $1) }
  }

  /// Accepts nothing any more.
  func quiesce() {
    let socket = unsafe MHD_quiesce_daemon(daemon)
    if socket >= 0 { close(socket) }
  }

  /// Closes every connection, none of which may be suspended; a second call does nothing.
  func stop() {
    guard let stopping = unsafe daemon else { return }
    unsafe daemon = nil
    unsafe MHD_stop_daemon(stopping)
  }

  fileprivate func connection(
    _ handle: OpaquePointer, _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
    _ change: MHD_ConnectionNotificationCode
  ) {
    switch change {
    case .CONNECTION_NOTIFY_STARTED:
      let connection = delegate.opened(unsafe ConnectionHandle(handle), application)
      unsafe connection.session?.begin(
        on: connection.descriptor, clientCertificates, moved: moved)
      unsafe context.pointee = Unmanaged.passRetained(connection).toOpaque()
    default:
      guard let raw = unsafe context.pointee else { return }
      unsafe context.pointee = nil
      delegate.closed(unsafe Unmanaged<Connection>.fromOpaque(raw).takeRetainedValue())
    }
  }

  fileprivate func begin(
    _ target: UnsafePointer<CChar>, _ handle: OpaquePointer
  ) -> UnsafeMutableRawPointer? {
    guard let raw = unsafe cmhd_socket_context(handle) else { return nil }
    let connection = unsafe Unmanaged<Connection>.fromOpaque(raw).takeUnretainedValue()
    let exchange = delegate.began(on: connection, target: unsafe String(validatingCString: target))
    return unsafe Unmanaged.passRetained(exchange).toOpaque()
  }

  fileprivate func access(
    _ raw: UnsafeMutableRawPointer, _ method: UnsafePointer<CChar>,
    _ version: UnsafePointer<CChar>, _ piece: UnsafeRawPointer?,
    _ pieceCount: UnsafeMutablePointer<Int>
  ) -> Bool {
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(raw).takeUnretainedValue()
    unsafe moved.pointee &+= 1
    if exchange.isAwaitingHead {
      return delegate.readHead(
        of: exchange, method: unsafe String(cString: method),
        version: unsafe String(cString: version))
    }
    let count = unsafe pieceCount.pointee
    guard count > 0 else { return delegate.proceed(with: exchange) }
    let bytes = unsafe UnsafeRawBufferPointer(start: piece, count: count)
    var fate = delegate.fate(ofPieceOf: exchange, count: count)
    if fate == .handOver { fate = delegate.received(unsafe Array(bytes), of: exchange) }
    switch fate {
    case .close: return false
    case .leave: return true
    case .drop, .handOver: break
    case .keep: unsafe exchange.body.append(contentsOf: bytes)
    }
    unsafe pieceCount.pointee = 0
    return true
  }

  fileprivate func complete(
    _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>, wasSent: Bool
  ) {
    guard let raw = unsafe context.pointee else { return }
    unsafe context.pointee = nil
    delegate.ended(
      unsafe Unmanaged<Exchange>.fromOpaque(raw).takeRetainedValue(), wasSent: wasSent)
  }
}

private func daemon(_ context: UnsafeMutableRawPointer?) -> Daemon? {
  guard let context = unsafe context else { return nil }
  return unsafe Unmanaged<Daemon>.fromOpaque(context).takeUnretainedValue()
}

private let connectionChanged: MHD_NotifyConnectionCallback = { context, handle, socket, change in
  guard let handle = unsafe handle, let socket = unsafe socket else { return }
  unsafe daemon(context)?.connection(handle, socket, change)
}

private let began: cmhd_target_callback = { context, target, handle in
  guard let target = unsafe target, let handle = unsafe handle else { return nil }
  return unsafe daemon(context)?.begin(target, handle)
}

private let accessed: MHD_AccessHandlerCallback = {
  context, _, _, method, version, piece, pieceCount, request in
  guard let daemon = unsafe daemon(context), let method = unsafe method,
    let version = unsafe version, let pieceCount = unsafe pieceCount,
    let raw = unsafe request?.pointee
  else { return .NO }
  let goesOn = unsafe daemon.access(raw, method, version, piece, pieceCount)
  return goesOn ? .YES : .NO
}

private let completed: MHD_RequestCompletedCallback = { context, _, request, end in
  guard let request = unsafe request else { return }
  let wasSent = end == .REQUEST_TERMINATED_COMPLETED_OK
  unsafe daemon(context)?.complete(request, wasSent: wasSent)
}
