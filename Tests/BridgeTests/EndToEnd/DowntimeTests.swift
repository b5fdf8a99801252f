import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// What is published while the bridge does not run.
  @Suite struct DowntimeTests {
    @Test(arguments: [(SIGKILL, "5"), (SIGTERM, "5"), (SIGKILL, "3"), (SIGTERM, "3")])
    func `a stream that resumes gets it once and in order`(
      signal: Int32, protocolVersion: String
    ) throws {
      let broker = try Mosquitto()
      let data = try TemporaryDirectory()
      let flags = protocolVersion == "3" ? ["--mqtt-version", "3.1.1"] : []
      let first = try RunningProgram(broker: broker.url, flags: flags, data: data)
      try first.waitForBroker()
      let (reader, _) = try first.open("topic=d/%23&qos=2")
      try first.publish("before", to: "d/0", qos: 2)
      let id = try #require(try reader.messages(1).first?.json.string("id"))
      first.process.signal(signal)
      first.process.waitForExit()
      for number in 1...10 {
        try MosquittoClient.publish("\(number)", to: "d/\(number)", on: broker, qos: 1 + number % 2)
      }
      let second = try RunningProgram(broker: broker.url, flags: flags, data: data)
      let (again, opening) = try second.open("topic=d/%23&qos=2", after: id)
      #expect(opening.boolean("resumed") == true)
      try second.waitForBroker()
      try MosquittoClient.publish("after", to: "d/0", on: broker, qos: 2)
      let events = try again.messages(11).map { try $0.json }
      #expect(
        events.map { $0.string("payload") } == (1...10).map { "\($0)" } + ["after"])
      // Another one that begins at the same place reads the same from the log.
      let (late, _) = try second.open("topic=d/%23&qos=2", after: id)
      #expect(
        try late.messages(11).map { try $0.json.string("id") } == events.map { $0.string("id") })
    }

    @Test func `what came before a graceful stop is acknowledged, and does not come again`() throws
    {
      let broker = try Mosquitto()
      let data = try TemporaryDirectory()
      let flags = ["--record", "s/#"]
      let first = try RunningProgram(broker: broker.url, flags: flags, data: data)
      try first.waitForBroker()
      let (reader, _) = try first.open("topic=s/%23")
      let publisher = try ChildProcess(
        "mosquitto_pub",
        ["-p", "\(broker.port)", "-t", "s/1", "-m", "x", "-q", "1", "--repeat", "600"])
      _ = try reader.messages(50)
      first.process.signal(SIGTERM)
      #expect(first.process.waitForExit() == .status(0))
      #expect(publisher.waitForExit() == .status(0))
      let second = try RunningProgram(broker: broker.url, flags: flags, data: data)
      try second.waitForBroker()
      try MosquittoClient.publish("end", to: "s/end", on: broker)
      var count = 0
      let hasEnd = try eventually {
        let page = try second.client.get("/history?topic=s/%23&limit=1000")
        count = try page.json.objects("messages").count
        return page.text.contains(#""payload":"end""#)
      }
      #expect(hasEnd)
      #expect(count == 601)
    }

    @Test func `the place of the stop is marked for messages of QoS 0`() throws {
      let broker = try Mosquitto()
      let data = try TemporaryDirectory()
      let first = try RunningProgram(broker: broker.url, data: data)
      try first.waitForBroker()
      let (reader, _) = try first.open("topic=d&qos=2")
      try first.publish("1", to: "d", qos: 2)
      let id = try #require(try reader.messages(1).first?.json.string("id"))
      first.kill()
      try MosquittoClient.publish("lost", to: "d", on: broker, qos: 0)
      let second = try RunningProgram(broker: broker.url, data: data)
      try second.waitForBroker()
      let (again, _) = try second.open("topic=d&qos=2", after: id)
      let gap = try #require(try again.next())
      #expect(gap.name == "bridge.gap")
      #expect(try gap.json.string("reason") == "bridge_restarted")
      #expect(try gap.json.integer("qos") == 0)
      try second.publish("2", to: "d")
      #expect(try again.payloads(1) == ["2"])
    }
  }
}
