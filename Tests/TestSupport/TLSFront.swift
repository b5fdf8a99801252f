/// A port of this machine that speaks TLS and passes the bytes inside on to another port.
///
/// It is the `openssl s_server` command between two sockets, so that both sides of the encryption are
/// OpenSSL's. It carries one connection.
package final class TLSFront {
  package let port: UInt16
  private let process: ChildProcess

  /// Connects to the port behind and listens with one of `TestCertificates`.
  package init(to target: UInt16, certificate: String = "server") throws {
    port = try FreePort.next()
    let files = try TestCertificates.shared()
    let server = [
      "openssl", "s_server", "-quiet", "-accept", "127.0.0.1:\(port)",
      "-cert", files.path("\(certificate).pem"), "-key", files.path("\(certificate).key"),
    ]
    let command = "exec \(server.joined(separator: " ")) <>/dev/tcp/127.0.0.1/\(target) >&0"
    process = try ChildProcess("bash", ["-c", command])
    let (process, port) = (process, port)
    let isReady = eventually { (try? LoopbackSocket(port: port)) != nil || !process.isRunning }
    guard isReady, process.isRunning else {
      throw TestFailure("openssl s_server does not start: \(process.errors.text)")
    }
  }
}
