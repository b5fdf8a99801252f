import TestSupport
import Testing

extension EndToEnd {
  /// Every bad input has its problem, nothing of it is kept, and the program stays alive.
  @Suite struct BadInputTests {
    /// Asks for a line of text, and for a stream where only a stream would be answered.
    private static func accept(_ request: BadRequest) -> String {
      let isStream = request.target.hasPrefix("/subscribe") && request.status != 406
      return isStream ? "text/event-stream, text/plain" : "text/plain"
    }

    private func send(_ request: BadRequest, to client: HTTPTestClient) throws -> HTTPTestResponse {
      try client.request(
        request.method, request.target, headers: request.headers.map { ($0.key, $0.value) },
        body: request.body.map { Array($0.utf8) })
    }

    @Test func `a refused publish has its problem and nothing of it is kept`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: broker)
      let document = try OpenAPIDocument()
      let client = bridge.client
      for request in BadRequests.publishes {
        let answer = try send(request, to: client)
        let problem = try answer.json
        #expect(answer.status == request.status, "\(request.name)")
        #expect(problem.string("code") == request.code, "\(request.name)")
        #expect(problem.boolean("kept") == false, "\(request.name)")
        #expect(problem.integer("status") == request.status)
        #expect(answer.header("content-type") == "application/problem+json")
        #expect(answer.header("cache-control") == "no-store")
        let path = request.target.hasPrefix("/topics/") ? "/topics/{topic}" : "/publish"
        let operation = try document.operation(request.method, path)
        #expect(
          operation.problems["\(request.status)"]?.contains(request.code) == true,
          "\(request.name): \(request.method) \(path) documents no \(request.code)")
      }
      #expect(try client.post("/topics/end", "x").status == 200)
      #expect(eventually { !watcher.output.messages.isEmpty })
      #expect(watcher.output.messages == ["1 0 end x"])
      #expect(try eventually { try bridge.health().object("store")?.integer("queue") == 0 })
    }

    @Test func `every other bad request has its problem`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      for request in BadRequests.others {
        let answer = try send(request, to: bridge.client)
        #expect(answer.status == request.status, "\(request.name)")
        #expect(try answer.json.string("code") == request.code, "\(request.name)")
        let line = try bridge.client.request(
          request.method, request.target,
          headers: request.headers.filter { $0.key != "Accept" }.map { ($0.key, $0.value) }
            + [("Accept", Self.accept(request))], body: request.body.map { Array($0.utf8) })
        #expect(line.text.hasPrefix("\(request.status) \(request.code): "), "\(request.name)")
      }
      let wrong = try bridge.client.get("/publish")
      #expect(wrong.header("allow") == "POST, OPTIONS")
      #expect(bridge.process.isRunning)
    }

    @Test func `a payload over the limit is refused before it has come`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--payload-bytes", "1000"])
      let client = bridge.client
      let fits = [UInt8](repeating: 7, count: 1000)
      #expect(try client.request("POST", "/topics/a", body: fits).status == 200)
      let answer = try client.request("POST", "/topics/a", body: fits + [7])
      #expect(answer.status == 413)
      #expect(try answer.json.integer("max_bytes") == 1000)
      #expect(try answer.json.string("limited_by") == "bridge")
      #expect(try answer.json.boolean("kept") == false)
      let unreadable = try client.request("POST", "/topics/a%ZZ")
      #expect(try unreadable.json.string("code") == "topic-invalid")
      #expect(try unreadable.json.boolean("kept") == false)
      let raw = HTTPTestConnection(try LoopbackSocket(port: bridge.port))
      try raw.socket.send(
        "POST /topics/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
          + "Content-Length: 100000000000\r\n\r\n")
      #expect(try raw.readHead(until: Deadline(after: .seconds(10))).status == 413)
      let envelope = #"{"topic":"a","payload":""# + String(repeating: "x", count: 1001) + #""}"#
      let json = [("Content-Type", "application/json")]
      let inside = try client.post("/publish", envelope, headers: json)
      #expect(inside.status == 413)
      #expect(try inside.json.boolean("kept") == false)
    }

    @Test func `what the broker does not offer is refused`() throws {
      var options = Mosquitto.Options()
      options.extraLines = ["max_qos 1", "retain_available false", "max_packet_size 2000"]
      let broker = try Mosquitto(options)
      let bridge = try RunningProgram(broker)
      let client = bridge.client
      let qos = try client.post("/topics/a?qos=2", "x")
      #expect(try [qos.status, qos.json.integer("status")] == [422, 422])
      #expect(try qos.json.string("code") == "qos-not-supported")
      let retained = try client.request("PUT", "/topics/a", body: [1])
      #expect(try retained.json.string("code") == "retain-not-available")
      let large = try client.request("POST", "/topics/a", body: [UInt8](repeating: 1, count: 3000))
      #expect(large.status == 413)
      #expect(try large.json.string("limited_by") == "broker")
      for answer in [qos, retained, large] { #expect(try answer.json.boolean("kept") == false) }
      #expect(try client.post("/topics/a?qos=1", "x").status == 200)
    }

    @Test(arguments: [
      "\r\n\r\n", "GET\r\n\r\n", "POST /topics/a HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}",
      "POST /topics/a HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
      "POST /topics/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
      "POST /topics/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST /topics/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
      "GET /subscribe?topic=a HTTP/1.1\r\n\r\n",
    ])
    func `broken HTTP harms nobody`(bytes: String) throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let socket = try LoopbackSocket(port: bridge.port)
      try socket.send(bytes)
      socket.shutdownSending()
      _ = try? socket.receive(until: Deadline(after: .milliseconds(300)))
      socket.close(reset: true)
      #expect(try bridge.client.post("/topics/a", "x").status == 200)
      #expect(bridge.process.isRunning)
    }
  }
}
