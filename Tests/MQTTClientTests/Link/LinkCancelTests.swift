import EventLoop
import FoundationEssentials
import MQTTClient
import TestSupport
import Testing

/// The end of attempts in the middle of each of their steps.
@Suite struct LinkCancelTests {
  @Test(
    arguments: [
      ("mqtt://127.0.0.1:", nil, .dialling), ("mqtt://127.0.0.1:", nil, .connecting),
      ("mqtts://127.0.0.1:", nil, .tls), ("ws://127.0.0.1:", nil, .webSocket),
      ("wss://127.0.0.1:", nil, .tls), ("mqtt://h:", "http", .proxy),
      ("mqtts://h:", "socks5", .proxy),
      ("mqtt://h:", "https", .proxyTLS),
    ] as [(String, String?, LinkStep)])
  func `a peer that hangs is reported with the step, and a stop does not wait for it`(
    url: String, proxy: String?, step: LinkStep
  ) throws {
    let listener = try LoopbackListener()
    let silent = try SilentListener()
    let port = step == .dialling ? silent.port : listener.port
    var options = try ClientOptions.test(port: 1)
    options.servers = [try BrokerURL("\(url)\(port)")]
    options.proxy = try proxy.map { try ProxyOptions("\($0)://127.0.0.1:\(port)") }
    options.session.connectTimeout = .milliseconds(150)
    let impatient = try TestLink(options)
    let (reason, detail) = try impatient.events.down()
    #expect(reason == .connectTimeout)
    if step != .dialling { #expect(detail == .timedOut(step)) }
    impatient.link.stop(within: .seconds(60))
    impatient.link.join()
    options.session.connectTimeout = .seconds(3600)
    let patient = try TestLink(options)
    if step != .dialling {
      while let socket = try? listener.accept() {
        // The last of the connections in the queue is the patient link's.
        let bytes = try socket.receive(until: Deadline(after: .seconds(10)))
        patient.link.stop(within: .seconds(60))
        if bytes?.isEmpty == false, try drained(socket) { break }
      }
    }
    patient.link.stop(within: .seconds(60))
    patient.link.join()
    _ = silent
  }

  /// Whether the peer has closed after what it had said.
  private func drained(_ socket: LoopbackSocket) throws -> Bool {
    while let bytes = try? socket.receive(until: Deadline(after: .seconds(10))) {
      if bytes.isEmpty { return true }
    }
    return true
  }

  @Test func `no attempt leaves a descriptor behind`() async {
    await #expect(processExitsWith: .success) {
      func count() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
      }
      let listener = try LoopbackListener()
      let silent = try SilentListener()
      let closed = try FreePort.next()
      let urls = [
        "mqtt://127.0.0.1:\(closed)", "mqtt://127.0.0.1:\(silent.port)", "unix:///nowhere/s",
        "mqtts://127.0.0.1:\(listener.port)", "ws://127.0.0.1:\(listener.port)",
        "mqtt://127.0.0.1:\(listener.port)",
      ]
      func attempts() throws {
        for proxy in [nil, "http", "socks5", "https"] {
          var options = try ClientOptions.test(port: 1)
          options.servers = try urls.map { try BrokerURL($0) }
          options.proxy = try proxy.map { try ProxyOptions("\($0)://127.0.0.1:\(listener.port)") }
          options.session.connectTimeout = .milliseconds(200)
          let test = try TestLink(options)
          for _ in 0..<2 { _ = try test.events.down() }
          test.link.stop(within: .seconds(60))
          test.link.join()
        }
        while (try? listener.accept(within: .milliseconds(50))) != nil {}
      }
      // What the libraries open once and keep is open after the first round.
      try attempts()
      let before = try count()
      for _ in 0..<3 { try attempts() }
      guard eventually({ (try? count()) == before }) else {
        throw TestFailure("\(before) descriptors became \(try count())")
      }
    }
  }
}
