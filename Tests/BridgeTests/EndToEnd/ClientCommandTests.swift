import Foundation
import Glibc
import HTTPClient
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// `pub`, `sub`, `request` and `bench` against the running program and a real broker.
  @Suite struct ClientCommandTests {
    let broker: Mosquitto
    let files: TemporaryDirectory

    init() throws {
      broker = try Mosquitto()
      files = try TemporaryDirectory()
    }

    private func start(
      _ bridge: RunningProgram, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> ChildProcess {
      let address = ["BRIDGE_URL": "http://127.0.0.1:\(bridge.port)"]
      return try ChildProcess(
        RunningProgram.path, arguments, environment: address.merging(environment) { $1 })
    }

    /// Runs a command to its end.
    private func run(
      _ bridge: RunningProgram, _ arguments: String..., environment: [String: String] = [:]
    ) throws -> ChildProcess {
      let process = try start(bridge, arguments, environment: environment)
      #expect(process.waitForExit(within: .seconds(30)) != nil)
      return process
    }

    @Test func `what pub publishes arrives with all it was given`() throws {
      let bridge = try RunningProgram(broker)
      let watcher = try MosquittoClient.subscribe(
        to: ["#"], on: broker, arguments: ["-V", "5", "-F", "message %q %t %p %C %P"])
      let one = try run(
        bridge, "pub", "a/1", "21.5", "--qos", "2", "--content-type", "text/x", "--property",
        "a=b c", "--property", "a=d")
      #expect(one.exit == .status(0) && one.errors.text.isEmpty)
      #expect(try JSONObject(one.output.lines.first ?? "").string("state") == "acked")
      #expect(eventually { watcher.output.messages == ["2 a/1 21.5 text/x a:b c a:d"] })
      let file = try files.write("from a file", to: "payload")
      #expect(try run(bridge, "pub", "a/2", "--file", file, "--quiet").output.text.isEmpty)
      #expect(eventually { watcher.output.messages.last?.hasPrefix("1 a/2 from a file") == true })
    }

    @Test func `what is wrong is told, and by the exit status`() throws {
      let bridge = try RunningProgram(broker)
      let refused = try run(bridge, "pub", "a/#", "x")
      #expect(refused.exit == .status(1) && refused.output.text.isEmpty)
      #expect(refused.errors.lines.first?.hasPrefix("mqtt-bridge: topic-invalid: ") == true)
      #expect(try run(bridge, "pub").exit == .status(64))
      #expect(try run(bridge, "pub", "a", "x", "--file", "y").exit == .status(64))
      #expect(try run(bridge, "pub", "a", "--file", "/no/such/file").exit == .status(64))
      #expect(try run(bridge, "sub").exit == .status(64))
      #expect(try run(bridge, "sub", "a/#/b").exit == .status(1))
      #expect(try run(bridge, "sub", "a", "--timeout", "50ms").exit == .status(2))
      let late = try run(bridge, "request", "nobody", "x", "--timeout", "1s")
      #expect(late.exit == .status(2) && late.errors.text.contains("reply-timeout"))
      let nowhere = ["BRIDGE_URL": "http://127.0.0.1:\(try FreePort.next())"]
      for command in [["pub", "a", "x"], ["sub", "a", "--once"], ["request", "a", "x"]] {
        let lost = try start(bridge, command, environment: nowhere)
        #expect(lost.waitForExit(within: .seconds(30)) == .status(69))
      }
    }

    @Test func `lines are messages, and those that are wrong are told by their number`() throws {
      let bridge = try RunningProgram(broker, flags: ["--record", "l/# e/#"])
      let numbers = (1...1234).map { "\($0)" }
      let file = try files.write(numbers.joined(separator: "\n"), to: "lines")
      let sent = try run(bridge, "pub", "l/1", "--lines", "--file", file)
      #expect(sent.exit == .status(0))
      #expect(try JSONObject(sent.output.lines.first ?? "").integer("accepted") == 1234)
      let read = try run(
        bridge, "sub", "l/#", "--since", "all", "--count", "1234", "--format", "payload")
      #expect(read.exit == .status(0) && read.output.lines == numbers)
      let envelopes = try files.write(
        #"{"topic":"e/1","payload":1}"# + "\n" + #"{"topic":"+"}"# + "\n", to: "envelopes")
      let mixed = try run(bridge, "pub", "--envelopes", "--file", envelopes)
      #expect(mixed.exit == .status(1))
      #expect(try JSONObject(mixed.output.lines.first ?? "").integer("accepted") == 1)
      #expect(mixed.errors.lines.first?.hasPrefix("mqtt-bridge: line 2: topic-invalid") == true)
    }

    @Test func `sub goes on where it was when the bridge is killed, and when it is itself`() throws
    {
      let data = try TemporaryDirectory()
      let port = try FreePort.next()
      let first = try RunningProgram(
        broker: broker.url, listen: "127.0.0.1:\(port)", data: data)
      try first.waitForBroker()
      let place = files.file("place")
      let arguments = ["sub", "s/#", "--position", place]
      let reader = try start(first, arguments)
      #expect(eventually { broker.log.contains { $0.contains("s/# (QoS") } })
      try first.publish("1", to: "s/1")
      #expect(try eventually { try payloads(reader) == ["1"] })
      first.kill()
      try MosquittoClient.publish("2", to: "s/1", on: broker)
      let second = try RunningProgram(
        broker: broker.url, listen: "127.0.0.1:\(port)", data: data)
      try second.waitForBroker()
      #expect(try eventually(within: .seconds(30)) { try payloads(reader) == ["1", "2"] })
      // The place is noted after what it stands for was printed.
      let last = try JSONObject(reader.output.lines.last ?? "").string("id")
      #expect(
        eventually {
          (try? String(contentsOfFile: place, encoding: .utf8)) == last.map { $0 + "\n" }
        })
      reader.signal(SIGKILL)
      reader.waitForExit()
      try second.publish("3", to: "s/1")
      let again = try start(second, arguments + ["--count", "1"])
      #expect(again.waitForExit(within: .seconds(30)) == .status(0))
      #expect(try payloads(again) == ["3"])
    }

    private func payloads(_ reader: ChildProcess) throws -> [String?] {
      try reader.output.lines.map { try JSONObject($0).string("payload") }
    }

    @Test func `pub tries again for as long as it is told, and publishes once`() throws {
      let data = try TemporaryDirectory()
      let port = try FreePort.next()
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: broker)
      let gone = try RunningProgram(broker: broker.url, listen: "127.0.0.1:\(port)", data: data)
      gone.kill()
      let publisher = try start(gone, ["pub", "r/1", "x", "--retry-for", "60s"])
      let back = try RunningProgram(broker: broker.url, listen: "127.0.0.1:\(port)", data: data)
      #expect(publisher.waitForExit(within: .seconds(30)) == .status(0))
      try back.waitForBroker()
      try back.publish("end", to: "end", qos: 2)
      #expect(eventually { watcher.output.messages.last == "2 0 end end" })
      #expect(watcher.output.messages == ["2 0 r/1 x", "2 0 end end"])
    }

    @Test func `a request prints its reply, and several as lines`() throws {
      let bridge = try RunningProgram(broker)
      let device = try bridge.client.stream("/subscribe?topic=dev/%23")
      #expect(try device.next()?.name == "bridge.open")
      for replies in 1...2 {
        let command = try start(
          bridge, ["request", "dev/1", "status", "--timeout", "30s", "--max-replies", "\(replies)"])
        let request = try #require(try device.messages(1).first)
        let properties = try #require(try request.json.object("properties"))
        let topic = try #require(properties.string("response_topic"))
        let data = try #require(properties.string("correlation_data"))
        for number in 1...replies {
          _ = try bridge.client.post(
            "/topics/\(topic)", "fine\(number)", headers: [("Mqtt-Correlation-Data", data)])
        }
        #expect(command.waitForExit(within: .seconds(30)) == .status(0))
        guard replies > 1 else {
          #expect(command.output.text == "fine1")
          continue
        }
        let payloads = try command.output.lines.map { try JSONObject($0).string("payload") }
        #expect(payloads == ["fine1", "fine2"])
      }
    }

    @Test func `a token comes from the environment or a file, and its absence is told`() throws {
      let guarded = try GuardedProgram()
      let token = try TestToken.make("bob", grants: ##""publish":["house/#"]"##)
      let file = try files.write(token + "\n", to: "token")
      let bridge = guarded.program
      #expect(try run(bridge, "pub", "house/1", "x").exit == .status(1))
      let shown = try run(bridge, "pub", "house/1", "x", environment: ["BRIDGE_TOKEN": token])
      #expect(shown.exit == .status(0))
      #expect(try run(bridge, "pub", "house/1", "x", "--token-file", file).exit == .status(0))
      let denied = try run(bridge, "pub", "garden/1", "x", "--token-file", file)
      #expect(denied.exit == .status(1) && denied.errors.text.contains("topic-forbidden"))
      #expect(!denied.errors.text.contains(token))
    }

    @Test func `bench counts what was published and delivered`() throws {
      let bridge = try RunningProgram(broker)
      let bench = try run(
        bridge, "bench", "--duration", "300ms", "--connections", "4", "--streams", "3")
      #expect(bench.exit == .status(0))
      let figures = try JSONObject(bench.output.lines.first ?? "")
      #expect((figures.integer("published") ?? 0) > 0 && (figures.integer("delivered") ?? 0) > 0)
      #expect(figures.integer("refused") == 0 && figures.integer("failed") == 0)
      #expect((figures.object("delivery_microseconds")?.integer("p50") ?? 0) > 0)
    }

    @Test func `completion for shells is generated`() throws {
      let script = try ChildProcess(RunningProgram.path, ["--generate-completion-script", "bash"])
      #expect(script.waitForExit() == .status(0))
      #expect(script.output.text.contains("retry-for"))
    }
  }
}
