import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Batches that are published while they arrive.
  @Suite struct StreamedBatchTests {
    let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    private static let head =
      "Host: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// A request whose body is sent bit by bit.
    private func begin(
      _ bridge: RunningProgram, _ query: String = "atomic=false"
    ) throws -> HTTPTestConnection {
      let connection = HTTPTestConnection(try LoopbackSocket(port: bridge.port))
      try connection.socket.send("POST /publish/batch?\(query) HTTP/1.1\r\n" + Self.head)
      return connection
    }

    private func send(_ text: String, on connection: HTTPTestConnection) throws {
      try connection.socket.send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
    }

    private func end(
      _ connection: HTTPTestConnection, within limit: Duration = .seconds(60)
    ) throws -> HTTPTestResponse {
      try connection.socket.send("0\r\n\r\n")
      let deadline = Deadline(after: limit)
      var response = try connection.readHead(until: deadline)
      response.body = try connection.readBody(of: response, until: deadline)
      return response
    }

    @Test func `a message is published when its line is there, and a bad line is its own`() throws {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(to: ["u/#"], on: broker)
      let connection = try begin(bridge)
      try send("{\"topic\":\"u/1\",\"payload\":\"1\"}\n{\"topic\":", on: connection)
      #expect(eventually { subscriber.output.messages == ["1 0 u/1 1"] })
      try send("\"u/2\"}\nnonsense\n\n{\"topic\":\"u/+\"}\n", on: connection)
      try send("{\"topic\":\"u/3\",\"qos\":0}", on: connection)
      let answer = try end(connection)
      #expect(answer.status == 207)
      let results = try answer.json.objects("results")
      #expect(results.map { $0.integer("status") } == [200, 200, 400, 400, 200])
      #expect(results.map { $0.object("problem")?.integer("line") } == [nil, nil, 3, 5, nil])
      #expect(results.map { $0.integer("index") } == [0, 1, 2, 3, 4])
      #expect(try answer.json.integer("accepted") == 3)
      #expect(eventually { subscriber.output.messages.count == 3 })
    }

    @Test func `a body that is cut off leaves what came of it, and the log tells`() throws {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(to: ["u/#"], on: broker)
      let connection = try begin(bridge)
      try send("{\"topic\":\"u/1\",\"payload\":\"1\"}\n{\"topic\":\"u/2\"", on: connection)
      #expect(eventually { subscriber.output.messages == ["1 0 u/1 1"] })
      connection.socket.close(reset: true)
      let line = bridge.process.errors.first(within: .seconds(20)) {
        $0.contains("a batch ended before its end")
      }
      let told = try JSONObject(#require(line))
      #expect(told.string("lines") == "1" && told.string("count") == "1")
      #expect(try bridge.client.post("/topics/u/end", "end").status == 200)
      #expect(eventually { subscriber.output.messages.count == 2 })
      #expect(subscriber.output.messages == ["1 0 u/1 1", "1 0 u/end end"])
    }

    @Test func `a hundred thousand lines take no more memory than a few`() throws {
      let bridge = try RunningProgram(broker)
      let connection = try begin(bridge, "atomic=false&ack=stored")
      let filler = String(repeating: "x", count: 400)
      func send(_ lines: Range<Int>) throws {
        for start in stride(from: lines.lowerBound, to: lines.upperBound, by: 1000) {
          var text = ""
          for number in start..<start + 1000 {
            text +=
              number % 10_000 == 9_999 ? "bad\n" : #"{"topic":"m/1","payload":"\#(filler)"}"# + "\n"
          }
          try self.send(text, on: connection)
        }
      }
      try send(0..<10_000)
      let before = try residentBytes(bridge)
      try send(10_000..<100_000)
      let answer = try end(connection, within: .seconds(300))
      let growth = try residentBytes(bridge) - before
      // The lines themselves are 40 MB.
      #expect(growth < 24 << 20, "it grew by \(growth) bytes")
      #expect(answer.status == 207)
      #expect(try answer.json.integer("accepted") == 99_990)
      #expect(try answer.json.objects("results").count == 10)
      #expect(try answer.json.integer("results_omitted") == 99_990)
      #expect(
        try eventually(within: .seconds(120)) {
          try bridge.health().object("store")?.integer("queue") == 0
        })
    }

    private func residentBytes(_ bridge: RunningProgram) throws -> Int {
      let status = try String(
        contentsOfFile: "/proc/\(bridge.process.processID ?? 0)/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
      let digits = (line ?? "").filter(\.isNumber)
      guard let kibibytes = Int(digits) else { throw TestFailure("no resident size") }
      return kibibytes * 1024
    }

    @Test func `without a broker a batch goes on when its time is over`() throws {
      let bridge = try RunningProgram(broker)
      try broker.stop()
      let connection = try begin(bridge, "atomic=false&wait=1")
      for _ in 0..<3 {
        try send(String(repeating: #"{"topic":"w/1"}"# + "\n", count: 1000), on: connection)
      }
      let answer = try end(connection)
      #expect(answer.status == 202)
      #expect(try answer.json.integer("accepted") == 3000)
      #expect(try bridge.health().object("store")?.integer("queue") == 3000)
    }

    @Test func `the limits of a batch are settings, and a key holds a batch whole`() throws {
      let bridge = try RunningProgram(
        broker, flags: ["--batch-items-max", "3", "--batch-bytes-max", "1KiB"])
      let lines = [("Content-Type", "application/x-ndjson")]
      let four = String(repeating: "{\"topic\":\"l\"}\n", count: 4)
      let whole = try bridge.client.post("/publish/batch", four, headers: lines)
      #expect(whole.status == 413)
      #expect(try whole.json.string("code") == "batch-too-large")
      let streamed = try bridge.client.post("/publish/batch?atomic=false", four, headers: lines)
      #expect(streamed.status == 200)
      let keyed = lines + [("Idempotency-Key", "k")]
      let held = try bridge.client.post("/publish/batch?atomic=false", four, headers: keyed)
      #expect(held.status == 413)
      let long = String(repeating: "{\"topic\":\"l\"}\n", count: 100)
      #expect(try bridge.client.post("/publish/batch", long, headers: lines).status == 413)
      let many = try bridge.client.post("/publish/batch?atomic=false", long, headers: lines)
      #expect(many.status == 200)
      #expect(try many.json.integer("results_omitted") == 100)
      let empty = try bridge.client.post("/publish/batch?atomic=false", "", headers: lines)
      #expect(try empty.status == 400 && empty.json.string("code") == "empty-batch")
      #expect(try empty.json.boolean("kept") == false)
    }
  }
}
