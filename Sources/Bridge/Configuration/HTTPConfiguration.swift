import FoundationEssentials
import HTTPFront

/// Where the HTTP servers listen, and what one request may cost.
struct HTTPConfiguration: Sendable {
  /// The public server: loopback only, as long as nobody has to log in.
  var listen = ListenAddresses(.tcp(HostPort(host: "127.0.0.1", port: 8080), nil))
  /// The permissions of the sockets in the file system that it listens at.
  var socketMode = FileMode(bits: 0o660)
  /// Whether the public server's connections come from a proxy that names the client first.
  var expectsProxyHeader = false
  var tls = TLSConfiguration()
  /// What the files of `tls` held when they were read, checked.
  var identity: TLSIdentity?
  /// The server for probes, metrics and operators, which is kept off the public one.
  var adminListen = HostPort(host: "127.0.0.1", port: 9090)
  /// Threads that serve requests and streams; one per core keeps every core busy.
  var threads = max(1, ProcessInfo.processInfo.activeProcessorCount)
  /// Connections, streams included, that one client address may have; 0 is without limit.
  var connectionsPerAddress = 0
  /// Within which a request must have come, so that slow clients do not hold connections.
  var requestTimeout = Duration.seconds(30)
  /// What a gateway leaves in front of the bridge's own paths.
  var basePath = BasePath.root
  /// The largest payload of one publish; the broker may allow less.
  var payloadBytes = ByteCount.mebibytes(1)
  /// Whether the description of the interface is served.
  var servesDocs = true
  /// Whether the console at `/ui` is served.
  var servesConsole = true
  /// Whether the public server has the routes of the admin server too.
  var servesAdminPublicly = false
}
