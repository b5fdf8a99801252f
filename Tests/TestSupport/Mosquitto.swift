import FoundationEssentials
import Glibc

/// A real mosquitto broker on a loopback port of its own.
///
/// It is killed when its owner lets go of it. `stop`, `kill` and `start` again give the outages that
/// tests need; the port and, with persistence, the sessions stay the same.
package final class Mosquitto {
  /// What the broker's configuration file says beyond its listener.
  package struct Options: Sendable {
    /// Whether sessions and queued messages survive a restart of the broker.
    package var keepsSessions = true
    /// The number of unacknowledged messages it sends at a time; 0 is without limit.
    package var inflightMessagesMax = 20
    /// The number of messages it queues for a client that is away.
    package var queuedMessagesMax = 100_000
    /// The name and password that a client must give; without them everybody may connect.
    package var login: (name: String, password: String)?
    /// The protocol of the listener: `mqtt` or `websockets`.
    package var transport = "mqtt"
    /// Further lines of the configuration file.
    package var extraLines: [String] = []

    package init() {}
  }

  package let port: UInt16
  private let directory: TemporaryDirectory
  private var process: ChildProcess?

  /// Writes the configuration and starts the broker.
  package init(_ options: Options = Options()) throws {
    directory = try TemporaryDirectory()
    port = try FreePort.next()
    var lines = [
      "listener \(port) 127.0.0.1", "protocol \(options.transport)", "user root",
      "allow_anonymous \(options.login == nil)", "persistence \(options.keepsSessions)",
      "persistence_location \(directory.path)/", "autosave_interval 1",
      "max_inflight_messages \(options.inflightMessagesMax)",
      "max_queued_messages \(options.queuedMessagesMax)",
      "log_dest stderr", "log_type all", "set_tcp_nodelay true",
    ]
    if options.transport == "websockets" {
      // With WebSocket listeners alone this version says that it has none, and ends.
      lines.append("listener \(try FreePort.next()) 127.0.0.1")
    }
    if let login = options.login {
      let file = try directory.write("\(login.name):\(login.password)\n", to: "passwords")
      let hashing = try ChildProcess("mosquitto_passwd", ["-U", file])
      guard hashing.waitForExit() == .status(0) else {
        throw TestFailure("mosquitto_passwd failed: \(hashing.errors.text)")
      }
      lines.append("password_file \(file)")
    }
    try directory.write((lines + options.extraLines).joined(separator: "\n") + "\n", to: "conf")
    try start()
  }

  /// The address for clients, such as `mqtt://127.0.0.1:18830`.
  package var url: String { "mqtt://127.0.0.1:\(port)" }

  package var isRunning: Bool { process?.isRunning ?? false }

  /// What the broker has logged since it was started last, one line per event.
  package var log: [String] { process?.errors.lines ?? [] }

  /// Starts the broker, unless it runs, and waits until it accepts connections.
  package func start() throws {
    guard !isRunning else { return }
    let process = try ChildProcess(Self.program, ["-c", directory.file("conf")])
    self.process = process
    let isReady = eventually {
      let accepts = (try? LoopbackSocket(port: port)) != nil
      return accepts || !process.isRunning
    }
    guard isReady, process.isRunning else {
      throw TestFailure("mosquitto does not start: \(process.errors.text)")
    }
  }

  /// Asks the broker to end, which makes it save its sessions, and waits until it has ended.
  package func stop() throws {
    try end(SIGTERM)
  }

  /// Ends the broker at once, as a crash or a power cut would.
  package func kill() throws {
    try end(SIGKILL)
  }

  /// Stops the broker and starts it again on the same port.
  package func restart() throws {
    try stop()
    try start()
  }

  /// Stops the broker's threads until `resume`: connections stay open, but nothing answers any more.
  package func pause() { process?.signal(SIGSTOP) }

  /// Lets a paused broker go on.
  package func resume() { process?.signal(SIGCONT) }

  /// Signals until the broker has ended: one that has just begun to listen forgets the first signal.
  private func end(_ signal: Int32) throws {
    for _ in 0..<100 {
      process?.signal(signal)
      if process?.waitForExit(within: .milliseconds(200)) != nil {
        process = nil
        return
      }
    }
    throw TestFailure("mosquitto still runs after signal \(signal)")
  }

  /// Debian installs the broker where only an administrator's `PATH` leads.
  private static var program: String {
    let path = "/usr/sbin/mosquitto"
    return FileManager.default.isExecutableFile(atPath: path) ? path : "mosquitto"
  }
}
