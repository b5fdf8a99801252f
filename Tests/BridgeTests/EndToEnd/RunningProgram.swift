import Foundation
import Glibc
import TestSupport

/// The built program, started with a broker and a data directory of its own.
final class RunningProgram {
  let process: ChildProcess
  let port: UInt16
  /// Where the public server listens, as the log says it.
  let urls: [String]
  let adminPort: UInt16
  private let data: TemporaryDirectory

  /// Starts the program on ports that the system chooses and waits until it serves.
  init(
    broker url: String, listen: String = "127.0.0.1:0", flags: [String] = [],
    data: TemporaryDirectory? = nil, environment: [String: String] = [:]
  ) throws {
    let data = try data ?? TemporaryDirectory()
    self.data = data
    let arguments = [
      "--broker", url, "--listen", listen, "--admin-listen", "127.0.0.1:0",
      "--data", data.file("store"),
    ]
    process = try ChildProcess(Self.path, arguments + flags, environment: environment)
    let started = process.errors.first(within: .seconds(30)) {
      $0.contains(#""message":"started""#)
    }
    guard let started else {
      throw TestFailure("the program did not start: \(process.errors.text)")
    }
    let line = try JSONObject(started)
    urls = (line.string("listen") ?? "").split(separator: " ").map(String.init)
    port = try Self.port(of: urls.first)
    adminPort = try Self.port(of: line.string("admin_listen"))
  }

  /// Starts the program and waits until it is connected to the broker.
  convenience init(_ broker: Mosquitto, flags: [String] = []) throws {
    try self.init(broker: broker.url, flags: flags)
    try waitForBroker()
  }

  var client: HTTPTestClient { HTTPTestClient(port: port) }
  var adminClient: HTTPTestClient { HTTPTestClient(port: adminPort) }

  func health() throws -> JSONObject { try adminClient.get("/healthz").json }

  func waitForBroker() throws {
    let isConnected = try eventually {
      try health().object("broker")?.string("state") == "connected"
    }
    guard isConnected else { throw TestFailure("no broker: \(process.errors.text)") }
  }

  /// Ends the program as a crash would.
  func kill() {
    process.signal(SIGKILL)
    process.waitForExit()
  }

  /// The program stands beside the test program.
  static let path: String = {
    let tests = ProcessInfo.processInfo.arguments.first ?? ""
    let folders = tests.split(separator: "/", omittingEmptySubsequences: false)
    let build = folders.firstIndex { $0.hasSuffix(".xctest") } ?? folders.count - 1
    return folders[..<build].joined(separator: "/") + "/mqtt-bridge"
  }()

  static func port(of url: String?) throws -> UInt16 {
    guard let port = url?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw TestFailure("no port in '\(url ?? "")'")
    }
    return port
  }
}
