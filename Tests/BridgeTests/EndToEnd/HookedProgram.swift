import Glibc
import TestSupport

/// The built program with webhooks, which can be killed and started again.
final class HookedProgram {
  let broker: Mosquitto
  let data: TemporaryDirectory
  private let files: TemporaryDirectory
  private(set) var bridge: RunningProgram
  private let flags: [String]

  /// Starts it with these lines of the section `webhooks`.
  init(_ hooks: String, flags: [String] = []) throws {
    broker = try Mosquitto()
    data = try TemporaryDirectory()
    files = try TemporaryDirectory()
    self.flags = flags
    bridge = try Self.start(hooks, broker, data, files, flags)
  }

  /// Starts it again, after it was ended.
  func restart(_ hooks: String) throws {
    bridge = try Self.start(hooks, broker, data, files, flags)
  }

  /// Lets it take these lines over while it runs.
  func reload(_ hooks: String) throws {
    func changes() -> Int {
      bridge.process.errors.lines.count { $0.contains("webhooks changed") }
    }
    let before = changes()
    _ = try Self.write(hooks, to: files)
    bridge.process.signal(SIGHUP)
    guard eventually({ changes() > before }) else {
      throw TestFailure("no reload: \(bridge.process.errors.text)")
    }
  }

  private static func write(_ hooks: String, to files: TemporaryDirectory) throws -> String {
    let lines = hooks.split(separator: "\n").map { "  \($0)\n" }.joined()
    return try files.write(
      lines.isEmpty ? "log_level: info\n" : "webhooks:\n" + lines, to: "bridge.yaml")
  }

  /// Ends it in order.
  func stop() throws {
    bridge.process.signal(SIGTERM)
    guard bridge.process.waitForExit(within: .seconds(20)) == .status(0) else {
      throw TestFailure("the program does not end: \(bridge.process.errors.text)")
    }
  }

  /// What `GET /healthz` says of a webhook.
  func webhook(_ name: String = "w") throws -> JSONObject {
    let all = try bridge.health().objects("webhooks")
    guard let found = all.first(where: { $0.string("name") == name }) else {
      throw TestFailure("there is no webhook \(name)")
    }
    return found
  }

  /// Waits until nothing is left for a webhook.
  func waitUntilDone(_ name: String = "w") throws -> Bool {
    try eventually(within: .seconds(20)) { try webhook(name).integer("behind") == 0 }
  }

  /// What could not be delivered.
  func letters(_ query: String = "") throws -> [JSONObject] {
    try bridge.adminClient.get("/admin/dead-letters\(query)").json.objects("dead_letters")
  }

  private static func start(
    _ hooks: String, _ broker: Mosquitto, _ data: TemporaryDirectory,
    _ files: TemporaryDirectory, _ flags: [String]
  ) throws -> RunningProgram {
    let file = try write(hooks, to: files)
    let bridge = try RunningProgram(
      broker: broker.url, flags: ["--config", file] + flags, data: data)
    try bridge.waitForBroker()
    return bridge
  }
}

extension HTTPReceiver.Received {
  /// The payload of a body that is one envelope.
  var payload: String? { try? JSONObject(text).string("payload") }
}

extension [HTTPReceiver.Received] {
  var payloads: [String?] { map(\.payload) }
}
