import TestSupport
import Testing

extension EndToEnd {
  /// The data directory on a volume that is full for a while.
  @Suite(.enabled(if: SmallVolume.isAllowed, "needs the right to mount a small volume"))
  struct FullDiskTests {
    let broker: Mosquitto
    let volume: SmallVolume
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      volume = try SmallVolume(mebibytes: 8)
      bridge = try RunningProgram(
        broker, flags: ["--data", volume.file("store"), "--record", "f/#"])
    }

    /// Publishes until the disk says no, and gives that answer.
    private func publishUntilRefused() throws -> HTTPTestResponse {
      let payload = String(repeating: "x", count: 200_000)
      for _ in 0..<200 {
        let answer = try bridge.client.post("/topics/elsewhere", payload)
        if answer.status != 200 { return answer }
      }
      throw TestFailure("the disk never was full")
    }

    private func waitUntilReady() throws {
      #expect(
        try eventually(within: .seconds(30)) {
          try bridge.adminClient.get("/healthz/ready").status == 200
        })
    }

    @Test func `a publish is refused with 507 until there is room again`() throws {
      try volume.fill()
      let answer = try publishUntilRefused()
      #expect(answer.status == 507)
      #expect(try answer.json.string("code") == "disk-full")
      #expect(try answer.json.boolean("kept") == false)
      let ready = try bridge.adminClient.get("/healthz/ready")
      #expect(ready.status == 503)
      #expect(ready.text.contains("disk") || ready.text.contains("store"), "\(ready.text)")
      #expect(try bridge.adminClient.get("/healthz/live").status == 200)
      try volume.makeRoom()
      try waitUntilReady()
      #expect(try bridge.client.post("/topics/elsewhere", "x").status == 200)
    }

    @Test func `what the broker sends meanwhile comes when there is room, or is marked`() throws {
      let (reader, _) = try bridge.open("topic=f/%23&qos=2")
      try bridge.publish("0", to: "f/1")
      let first = try #require(try reader.messages(1).first?.json.string("id"))
      try volume.fill()
      #expect(try publishUntilRefused().status == 507)
      try MosquittoClient.publish("lost", to: "f/1", on: broker, qos: 0)
      #expect(try reader.messages(1).first?.json.has("id") == false, "QoS 0 is given out unlogged")
      let large = String(repeating: "y", count: 100_000)
      for number in 1...5 {
        try MosquittoClient.publish(
          "\(number) \(large)", to: "f/1", on: broker, qos: 1 + number % 2)
      }
      try volume.makeRoom()
      try waitUntilReady()
      let (again, _) = try bridge.open("topic=f/%23&qos=2", after: first)
      for stream in [reader, again] {
        var numbers: [String] = []
        var reasons: [String?] = []
        while numbers.count < 5, let event = try stream.next(within: .seconds(20)) {
          if event.name == "bridge.gap" {
            reasons.append(try event.json.string("reason"))
          } else {
            numbers.append(String((try event.json.string("payload") ?? "").prefix(1)))
          }
        }
        if !reasons.contains("not_logged") {
          reasons.append(try stream.next(named: "bridge.gap")?.json.string("reason"))
        }
        #expect(numbers == ["1", "2", "3", "4", "5"])
        #expect(reasons == ["not_logged"])
      }
    }

    @Test func `acknowledgements wait for the disk, and hold after a crash`() throws {
      try bridge.subscribe("s", #"{"topics":["f/1"]}"#)
      for payload in ["1", "2"] { try bridge.publish(payload, to: "f/1") }
      let (reader, _) = try bridge.open("subscription=s")
      let id = try #require(try reader.messages(2)[0].json.string("id"))
      try volume.fill()
      #expect(try publishUntilRefused().status == 507)
      let waiting = try OpenRequest(
        bridge, "POST", "/subscriptions/s/ack", body: #"{"id":"\#(id)"}"#)
      try volume.makeRoom()
      #expect(try waiting.answer().status == 204)
      bridge.kill()
      let again = try RunningProgram(
        broker: broker.url, flags: ["--data", volume.file("store"), "--record", "f/#"])
      #expect(try again.open("subscription=s").reader.payloads(1) == ["2"])
    }
  }
}
