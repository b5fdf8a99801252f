import Glibc

/// The `openssl s_server` command, which sends every line back reversed.
///
/// What it says about its connections is in `output`.
package final class OpenSSLServer {
  package let port: UInt16
  private let process: ChildProcess

  /// Starts the server with this certificate, unless that is nil, and further arguments.
  package init(certificate: String? = "server", _ arguments: [String] = []) throws {
    port = try FreePort.next()
    var all = ["s_server", "-accept", "127.0.0.1:\(port)", "-rev"]
    if let certificate {
      let files = try TestCertificates.shared()
      all += ["-cert", files.path("\(certificate).pem"), "-key", files.path("\(certificate).key")]
      all += ["-cert_chain", files.path("\(certificate).pem")]
    } else {
      all.append("-nocert")
    }
    process = try ChildProcess("openssl", all + arguments)
    let (process, port) = (process, port)
    let isReady = eventually { (try? LoopbackSocket(port: port)) != nil || !process.isRunning }
    guard isReady, process.isRunning else {
      throw TestFailure("openssl s_server does not start: \(process.errors.text)")
    }
  }

  /// What the server has written to its standard output and error so far.
  package var log: String { process.output.text + process.errors.text }

  /// Ends the server so that its connections end without a goodbye.
  package func kill() {
    process.signal(SIGKILL)
    process.waitForExit()
  }
}
