import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ScriptedBrokerTests {
  @Test func `mosquitto's own clients take it for a broker`() async throws {
    let broker = try ScriptedBroker()
    let subscriber = try ChildProcess(
      "mosquitto_sub", ["-p", "\(broker.port)", "-t", "a/#", "-q", "2", "-C", "3", "-v"])
    _ = try #require(await broker.packet(.subscribe))
    for qos in 0...2 {
      let sender = try ChildProcess(
        "mosquitto_pub",
        ["-p", "\(broker.port)", "-V", "5", "-t", "a/\(qos)", "-q", "\(qos)", "-m", "m\(qos)"])
      #expect(sender.waitForExit() == .status(0))
    }
    #expect(subscriber.waitForExit() == .status(0))
    #expect(subscriber.output.lines == ["a/0 m0", "a/1 m1", "a/2 m2"])
  }

  @Test func `a script can refuse, and mosquitto's client says why`() throws {
    let broker = try ScriptedBroker { packet in
      packet.type == .connect
        ? [
          .send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .notAuthorized))),
          .close,
        ] : [.behave]
    }
    let sender = try ChildProcess(
      "mosquitto_pub", ["-p", "\(broker.port)", "-V", "5", "-t", "a", "-m", "x"])
    #expect(sender.waitForExit() != .status(0))
    #expect(sender.errors.text.lowercased().contains("not authorized"))
  }

  @Test func `bytes that are no MQTT, resets and a closed door reach the client as they are`()
    async throws
  {
    let broker = try ScriptedBroker {
      $0.connection == 1 ? [.sendBytes([0xFF, 0x00]), .close] : [.reset]
    }
    let first = try LoopbackSocket(port: broker.port)
    try first.send(Self.connect)
    #expect(try first.receive(exactly: 2) == [0xFF, 0x00])

    let second = try LoopbackSocket(port: broker.port)
    try second.send(Self.connect)
    #expect(throws: (any Error).self) {
      while let bytes = try second.receive(until: Deadline(after: .seconds(10))), !bytes.isEmpty {}
      throw TestFailure("the end of the connection")
    }
    broker.setAccepting(false)
    #expect(eventually { (try? LoopbackSocket(port: broker.port)) == nil })
    broker.setAccepting(true)
    #expect(eventually { (try? LoopbackSocket(port: broker.port)) != nil })
    #expect(broker.packets.map(\.connection) == [1, 2])
  }

  @Test func `waiting for a packet ends with the packet, the time or the task`() async throws {
    let broker = try ScriptedBroker()
    #expect(await broker.packet(.publish, within: .milliseconds(1)) == nil)
    let waiting = Task { await broker.packet(.publish, within: .seconds(60)) }
    waiting.cancel()
    #expect(await waiting.value == nil)
    let peer = try LoopbackSocket(port: broker.port)
    async let found = broker.packet(.connect)
    try peer.send(Self.connect)
    #expect(await found?.index == 0)
    #expect(await broker.packet(.connect)?.connection == 1)
  }

  private static let connect: [UInt8] = [
    0x10, 0x0D, 0x00, 0x04, 0x4D, 0x51, 0x54, 0x54, 0x05, 0x02, 0x00, 0x3C, 0x00, 0x00, 0x00,
  ]
}
