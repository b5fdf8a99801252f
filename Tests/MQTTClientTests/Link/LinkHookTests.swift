import EventLoop
import Glibc
import MQTTClient
import TestSupport
import Testing

/// The application's part in an attempt to connect: hook and connector.
@Suite struct LinkHookTests {
  private struct HookError: Error, CustomStringConvertible {
    let description = "the vault is closed"
  }

  /// Waits until it is cancelled, and says that it has begun and that it has ended.
  private final class Waiting: Sendable {
    let begun = Counter()
    let cancelled = Counter()

    func wait() async throws {
      begun.increment()
      // A stream that brings nothing ends with its task.
      for await _ in AsyncStream<Never>.makeStream().stream {}
      cancelled.increment()
      throw CancellationError()
    }
  }

  @Test func `the hook changes servers and credentials of each attempt`() throws {
    let listener = try LoopbackListener()
    let server = try BrokerURL("mqtt://127.0.0.1:\(listener.port)")
    var options = try ClientOptions.test(port: try FreePort.next())
    options.session.username = "old"
    options.prepareAttempt = { attempt in
      var attempt = attempt
      #expect(attempt.username == "old")
      #expect((attempt.lastFailure == nil) == (attempt.number == 1))
      attempt.servers = [server]
      attempt.username = "ann"
      attempt.password = Array("token \(attempt.number)".utf8)[...]
      return attempt
    }
    let test = try TestLink(options)
    for number in 1...2 {
      let peer = BrokerPeer(try listener.accept())
      guard case .connect(let connect) = try peer.next() else { throw TestFailure("no CONNECT") }
      #expect(connect.username == "ann")
      #expect(connect.password == Array("token \(number)".utf8)[...])
    }
    _ = test
  }

  @Test func `a hook that throws fails the attempt with its own words`() throws {
    var options = try ClientOptions.test(port: 1)
    options.prepareAttempt = { _ in throw HookError() }
    let test = try TestLink(options)
    for _ in 0..<2 {
      let (reason, detail) = try test.events.down()
      #expect(detail == .preparationFailed("the vault is closed"))
      #expect(
        reason
          == .linkFailed(.notPrepared("the attempt could not be prepared: the vault is closed")))
    }
  }

  @Test func `a hook that hangs is bounded by the connect time-out and cancelled`() throws {
    let waiting = Waiting()
    var options = try ClientOptions.test(port: 1)
    options.session.connectTimeout = .milliseconds(50)
    options.prepareAttempt = { attempt in
      try await waiting.wait()
      return attempt
    }
    let test = try TestLink(options)
    let (reason, detail) = try test.events.down()
    #expect(reason == .connectTimeout && detail == .timedOut(.preparing))
    #expect(eventually { waiting.cancelled.value >= 1 })
  }

  @Test func `a stop cancels a hook, a signing hook and a connector`() throws {
    for step in ["hook", "signing", "connector"] {
      let waiting = Waiting()
      var options = try ClientOptions.test(port: 1)
      options.servers = [try BrokerURL("ws://127.0.0.1:1")]
      switch step {
      case "hook":
        options.prepareAttempt = { attempt in
          try await waiting.wait()
          return attempt
        }
      case "signing":
        options.webSocket.prepare = { request in
          try await waiting.wait()
          return request
        }
      default:
        options.connector = { _ in
          try await waiting.wait()
          return -1
        }
      }
      let test = try TestLink(options)
      #expect(eventually { waiting.begun.value == 1 })
      test.link.stop(within: .seconds(60))
      test.link.join()
      #expect(eventually { waiting.cancelled.value == 1 }, "\(step)")
    }
  }

  @Test func `a connector's socket carries the connection`() throws {
    let listener = try LoopbackListener()
    let port = listener.port
    var options = try ClientOptions.test(port: port, host: "somewhere")
    let asked = Locked<ConnectorRequest?>(nil)
    options.connector = { request in
      asked.withLock { $0 = request }
      return try Self.connected(to: port)
    }
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    #expect(asked.withLock { $0?.host } == "somewhere")
    #expect(asked.withLock { $0?.port } == port)
    test.link.stop(within: .seconds(60))
    #expect(try peer.next() == .disconnect(Disconnect()))
    #expect(try peer.nextIfAny() == nil)
  }

  @Test func `what a connector throws or returns wrongly is reported`() throws {
    let answers: [@Sendable () throws -> Int32] = [{ throw HookError() }, { -1 }, { 1_000_000 }]
    let texts = [
      "the vault is closed", "it returned no descriptor", "fcntl: Bad file descriptor",
    ]
    for (answer, text) in zip(answers, texts) {
      var options = try ClientOptions.test(port: 1)
      options.connector = { _ in try answer() }
      let test = try TestLink(options)
      #expect(try test.events.down().detail == .connectorFailed(text))
    }
  }

  @Test func `a connection that comes after the end of its attempt is closed`() throws {
    let listener = try LoopbackListener()
    let port = listener.port
    let gate = try Mailbox<Int>(capacity: 4)
    var options = try ClientOptions.test(port: port)
    options.session.connectTimeout = .milliseconds(50)
    options.connector = { _ in
      gate.wait(atMost: .seconds(10))
      return try Self.connected(to: port)
    }
    let test = try TestLink(options)
    #expect(try test.events.down().reason == .connectTimeout)
    test.link.stop(within: .seconds(60))
    test.link.join()
    _ = gate.send(1)
    let peer = BrokerPeer(try listener.accept())
    #expect(try peer.nextIfAny() == nil)
  }

  /// A blocking connection to a port of this machine.
  static func connected(to port: UInt16) throws -> Int32 {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw TestFailure("cannot connect: errno \(errno)") }
    return number
  }
}
