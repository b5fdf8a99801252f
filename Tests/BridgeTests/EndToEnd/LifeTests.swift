import FoundationEssentials
import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Starting, stopping, probes and the older protocol.
  @Suite struct LifeTests {
    @Test func `SIGTERM ends streams with bridge.close and the program with status 0`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let reader = try bridge.client.stream("/subscribe?topic=a")
      #expect(try reader.next()?.name == "bridge.open")
      bridge.process.signal(SIGTERM)
      let close = try #require(try reader.next())
      #expect(close.name == "bridge.close")
      #expect(try close.json.string("reason") == "draining")
      #expect(try close.json.boolean("reconnect") == true)
      #expect(try reader.next() == nil)
      #expect(bridge.process.waitForExit(within: .seconds(20)) == .status(0))
    }

    @Test func `SIGTERM answers a request that waits for the broker`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      broker.pause()
      defer { broker.resume() }
      let socket = HTTPTestConnection(try LoopbackSocket(port: bridge.port))
      try socket.socket.send(
        "POST /topics/a HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\nContent-Length: 1\r\n\r\nx")
      #expect(
        try eventually { try bridge.health().object("store")?.integer("inflight") == 1 })
      bridge.process.signal(SIGTERM)
      let answer = try socket.readHead(until: Deadline(after: .seconds(10)))
      #expect([202, 503].contains(answer.status))
      #expect(bridge.process.waitForExit(within: .seconds(20)) == .status(0))
    }

    @Test func `a second signal ends a stop that takes long`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--drain-timeout", "10m"])
      let reader = try bridge.client.stream("/subscribe?topic=big")
      #expect(try reader.next()?.name == "bridge.open")
      let client = bridge.client
      let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
      // Nobody reads the stream any more, so that it cannot be ended in order.
      for _ in 0..<16 {
        #expect(try client.request("POST", "/topics/big", body: payload).status == 200)
      }
      bridge.process.signal(SIGTERM)
      #expect(bridge.process.errors.first { $0.contains(#""message":"stopping""#) } != nil)
      #expect(bridge.process.waitForExit(within: .milliseconds(500)) == nil)
      bridge.process.signal(SIGTERM)
      #expect(bridge.process.waitForExit(within: .seconds(10)) == .status(1))
    }

    @Test func `a port that is taken is one line and status 69`() throws {
      let broker = try Mosquitto()
      let data = try TemporaryDirectory()
      let second = try ChildProcess(
        RunningProgram.path,
        ["--listen", "127.0.0.1:\(broker.port)", "--admin-listen", "127.0.0.1:0"]
          + ["--data", data.file("store")])
      #expect(second.waitForExit() == .status(69))
      #expect(second.errors.lines.count == 1)
      #expect(second.errors.text.contains("127.0.0.1:\(broker.port) is in use"))
    }

    @Test func `a data directory that is in use is one line and status 75`() throws {
      let broker = try Mosquitto()
      let data = try TemporaryDirectory()
      let first = try RunningProgram(broker: broker.url, data: data)
      let second = try ChildProcess(
        RunningProgram.path,
        ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", data.file("store")])
      #expect(second.waitForExit() == .status(75))
      #expect(second.errors.lines.count == 1)
      #expect(first.process.isRunning)
    }

    @Test func `an address that is not loopback is refused`() throws {
      let data = try TemporaryDirectory()
      for setting in ["listen", "admin-listen"] {
        let program = try ChildProcess(
          RunningProgram.path, ["--\(setting)", "0.0.0.0:0", "--data", data.file("store")])
        #expect(program.waitForExit() == .status(78))
        #expect(program.errors.lines.count == 1)
      }
    }

    @Test func `probes tell whether the bridge lives and is ready`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--ready-requires-broker", "true"])
      let client = bridge.adminClient
      for path in ["/healthz/live", "/healthz/ready"] {
        let answer = try client.get(path)
        #expect(answer.status == 200)
        #expect(answer.header("cache-control") == "no-store")
        #expect(try answer.json.string("status") == "ok")
      }
      try broker.stop()
      #expect(try eventually { try client.get("/healthz/ready").status == 503 })
      #expect(try client.get("/healthz/live").status == 200)
      #expect(try client.get("/healthz").status == 200)
      #expect(try bridge.client.get("/healthz").status == 404)
      try broker.start()
      #expect(
        try eventually(within: .seconds(30)) { try client.get("/healthz/ready").status == 200 })
      #expect(try bridge.health().object("broker")?.integer("reconnects") == 1)
    }

    @Test func `the first page is a page`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let page = try bridge.client.get("/")
      #expect(page.status == 200)
      #expect(page.header("content-type") == "text/html; charset=utf-8")
      #expect(page.text.contains("EventSource"))
    }

    @Test func `a base path stands before every path`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--base-path", "/iot/mqtt"])
      let client = bridge.client
      let answer = try client.post("/iot/mqtt/topics/a", "x")
      #expect(answer.status == 200)
      let location = try #require(answer.header("location"))
      #expect(location.hasPrefix("/iot/mqtt/messages/"))
      #expect(try client.get(location).status == 200)
      #expect(try client.post("/topics/a", "x").status == 404)
    }

    @Test func `everything but properties works with MQTT 3.1.1`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--mqtt-version", "3.1.1"])
      #expect(try bridge.health().object("broker")?.string("protocol") == "3.1.1")
      let client = bridge.client
      #expect(try client.request("PUT", "/topics/old/1", body: Array("kept".utf8)).status == 200)
      let first = try client.stream("/subscribe?topic=old/%23&qos=2")
      let late = try bridge.client.stream("/subscribe?topic=old/%23&qos=2")
      for reader in [first, late] {
        #expect(try reader.next()?.name == "bridge.open")
        #expect(try reader.messages(1).first?.json.string("payload") == "kept")
      }
      for qos in 0...2 {
        #expect(try client.post("/topics/old/2?qos=\(qos)", "live \(qos)").status == 200)
      }
      for reader in [first, late] {
        let payloads = try reader.messages(3).map { try $0.json.string("payload") }
        #expect(payloads == ["live 0", "live 1", "live 2"])
      }
      let refused = try client.post("/publish?topic=old/3&message_expiry_interval=5", "x")
      #expect(refused.status == 422)
      #expect(try refused.json.string("code") == "mqtt5-required")
      #expect(try refused.json.boolean("kept") == false)
    }

    /// CONNACK of MQTT 3.1.1 with an unacceptable protocol version, or nothing but the end.
    @Test(arguments: [[0x20, 0x02, 0x00, 0x01], []])
    func `a broker without MQTT 5 is told of with the setting that helps`(_ answer: [UInt8]) throws
    {
      let broker = try LoopbackListener()
      broker.answer(answer, connections: 3)
      let bridge = try RunningProgram(broker: "mqtt://127.0.0.1:\(broker.port)")
      let isTold = try eventually {
        let error = try bridge.health().object("broker")?.string("last_error")
        return error?.hasSuffix("set mqtt_version to 3.1.1") == true
      }
      #expect(isTold, "\(bridge.process.errors.text)")
    }

    @Test func `a broker that does not allow a topic is the answer to its publish`() throws {
      let folder = try TemporaryDirectory()
      var options = Mosquitto.Options()
      let list = try folder.write("topic readwrite open/#\n", to: "acl")
      options.extraLines = ["acl_file \(list)"]
      let broker = try Mosquitto(options)
      let bridge = try RunningProgram(broker)
      let client = bridge.client
      #expect(try client.post("/topics/open/1", "x").status == 200)
      for qos in 1...2 {
        let refused = try client.post("/topics/closed/1?qos=\(qos)", "x")
        #expect(refused.status == 403)
        #expect(try refused.json.string("code") == "broker-not-authorized")
        #expect(try refused.json.boolean("kept") == false)
        #expect(try refused.json.integer("reason_code") == 0x87)
      }
    }
  }
}
