import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// What callers may publish in batches, line by line where those are streamed.
  @Suite struct AccessBatchTests {
    private static let grants = ##""publish":["house/#"],"deny":["house/secret"]"##
    private static let lines = ("Content-Type", "application/x-ndjson")

    /// A batch whose lines are sent bit by bit.
    private final class Upload {
      private let connection: HTTPTestConnection

      init(
        _ guarded: GuardedProgram, _ header: (String, String), first: String = ""
      ) throws {
        connection = HTTPTestConnection(try LoopbackSocket(port: guarded.program.port))
        let head =
          "POST /publish/batch?atomic=false HTTP/1.1\r\nHost: x\r\n\(header.0): \(header.1)\r\n"
          + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        try connection.socket.send(head + Self.chunk(first))
      }

      private static func chunk(_ text: String) -> String {
        text.isEmpty ? "" : String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
      }

      func send(_ text: String) throws { try connection.socket.send(Self.chunk(text)) }

      func end() throws -> HTTPTestResponse {
        try connection.socket.send("0\r\n\r\n")
        return try answer()
      }

      func answer() throws -> HTTPTestResponse {
        let deadline = Deadline(after: .seconds(30))
        var response = try connection.readHead(until: deadline)
        response.body = try connection.readBody(of: response, until: deadline)
        return response
      }
    }

    private func token(
      _ name: String = "bob", lifetime: Int = 3600, _ more: String = ""
    ) throws -> (String, String) {
      TestToken.header(try TestToken.make(name, lifetime: lifetime, grants: Self.grants + more))
    }

    private func line(_ topic: String, _ more: String = "") -> String {
      #"{"topic":"\#(topic)","payload":"x"\#(more)}"# + "\n"
    }

    private func login(_ text: String) -> (String, String) {
      ("Authorization", "Basic " + Data(text.utf8).base64EncodedString())
    }

    private func statuses(_ answer: HTTPTestResponse) throws -> [Int?] {
      try answer.json.objects("results").map { $0.integer("status") }
    }

    private func codes(_ answer: HTTPTestResponse) throws -> [String?] {
      try answer.json.objects("results").map { $0.object("problem")?.string("code") }
    }

    /// Every message at the broker, in front of one that is published now, with QoS 2 as nothing
    /// overtakes that.
    private func topics(_ guarded: GuardedProgram, _ watcher: ChildProcess) throws -> [String] {
      try guarded.publish("end", to: "end", qos: 2)
      guard eventually({ watcher.output.messages.last == "2 0 end end" }) else {
        throw TestFailure("no end: \(watcher.output.messages)")
      }
      return watcher.output.messages.dropLast().map { String($0.split(separator: " ")[2]) }
    }

    @Test func `each line of a streamed batch goes by the rights of its caller`() throws {
      let guarded = try GuardedProgram()
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let upload = try Upload(guarded, try token(), first: line("house/1") + line("garden/1"))
      try upload.send(line("house/secret") + line("house/2", #","retain":true"#))
      try upload.send(line("house/3"))
      let answer = try upload.end()
      #expect(answer.status == 207)
      #expect(try statuses(answer) == [200, 403, 403, 403, 200])
      #expect(
        try codes(answer)
          == [nil, "topic-forbidden", "topic-forbidden", "retain-forbidden", nil])
      let problems = try answer.json.objects("results").compactMap { $0.object("problem") }
      #expect(problems.map { $0.integer("line") } == [2, 3, 4])
      #expect(problems.allSatisfy { $0.boolean("kept") == false })
      #expect(try answer.json.integer("accepted") == 2)
      #expect(try topics(guarded, watcher) == ["house/1", "house/3"])
    }

    @Test func `one message that is denied keeps an atomic batch out as a whole`() throws {
      let guarded = try GuardedProgram()
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let client = guarded.program.client
      let text = line("house/1") + line("garden/1") + line("house/2")
      let whole = try client.post("/publish/batch", text, headers: [token(), Self.lines])
      #expect(whole.status == 403)
      #expect(try whole.json.string("code") == "topic-forbidden")
      #expect(try whole.json.boolean("kept") == false)
      #expect(try whole.json.objects("errors").count == 1)
      let array = try client.post(
        "/publish/batch", #"[{"topic":"house/1"},{"topic":"house/secret"}]"#,
        headers: [token(), ("Content-Type", "application/json")])
      #expect(array.status == 403)
      // With a key it is held whole, and yet each message is by itself.
      let keyed = try client.post(
        "/publish/batch?atomic=false", text,
        headers: [token(), Self.lines, ("Idempotency-Key", "k")])
      #expect(try statuses(keyed) == [200, 403, 200])
      #expect(try topics(guarded, watcher) == ["house/1", "house/2"])
    }

    @Test func `a line that comes when the token has ended is refused, and those before it stay`()
      throws
    {
      let guarded = try GuardedProgram()
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let short = try token(lifetime: 3)
      let upload = try Upload(guarded, short, first: line("house/1"))
      #expect(eventually { watcher.output.messages == ["1 0 house/1 x"] })
      let client = guarded.program.client
      let isOver = try eventually {
        try client.get("/subscriptions", headers: [short]).status == 401
      }
      #expect(isOver)
      try upload.send(line("house/2"))
      let answer = try upload.end()
      #expect(try statuses(answer) == [200, 401])
      #expect(try codes(answer) == [nil, "token-expired"])
      #expect(try topics(guarded, watcher) == ["house/1"])
    }

    @Test func `every line counts against the rate of its caller, and of nobody else`() throws {
      let guarded = try GuardedProgram(flags: ["--publish-rate", "1/h", "--publish-burst", "2"])
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let upload = try Upload(guarded, try token(), first: line("house/1") + line("house/2"))
      try upload.send(line("house/3") + line("garden"))
      let answer = try upload.end()
      #expect(try statuses(answer) == [200, 200, 429, 403])
      #expect(try codes(answer)[2] == "rate-limited")
      #expect(answer.header("RateLimit")?.hasPrefix(#""publish";r=0;"#) == true)
      let client = guarded.program.client
      let spent = try client.post("/publish?topic=house/4", "x", headers: [token()])
      #expect(spent.status == 429)
      // An atomic batch that is too much takes nothing of what is left.
      let three = line("house/5") + line("house/5") + line("house/5")
      let eve = try token("eve")
      let much = try client.post("/publish/batch", three, headers: [eve, Self.lines])
      #expect(much.status == 429)
      #expect(try much.json.boolean("kept") == false)
      for status in [200, 200, 429] {
        #expect(try client.post("/publish?topic=house/6", "x", headers: [eve]).status == status)
      }
      #expect(
        try topics(guarded, watcher) == ["house/1", "house/2", "house/6", "house/6"])
    }

    @Test func `what comes while a password is checked waits, and comes first when it is right`()
      throws
    {
      let guarded = try GuardedProgram()
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let wrong = try Upload(guarded, login("alice:wrong"), first: line("house/wrong"))
      // Nothing more is sent, and nothing more is waited for.
      let refused = try wrong.answer()
      #expect(refused.status == 401)
      #expect(try refused.json.boolean("kept") == false)
      let right = login("alice:\(GuardedProgram.password)")
      let upload = try Upload(guarded, right, first: line("house/1") + #"{"topic":"#)
      try upload.send("\"house/2\"}\n" + line("garden"))
      let answer = try upload.end()
      #expect(try statuses(answer) == [200, 200, 403])
      #expect(try topics(guarded, watcher) == ["house/1", "house/2"])
    }
  }
}
