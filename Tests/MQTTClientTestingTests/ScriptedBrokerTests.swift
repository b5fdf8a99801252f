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
}
