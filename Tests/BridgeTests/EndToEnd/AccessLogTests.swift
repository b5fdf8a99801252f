import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// What a request is called, what is logged of it, and what its message carries on.
  @Suite struct AccessLogTests {
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func `a line has the route, the status, the subject and the trace, and no secret`() throws
    {
      let guarded = try GuardedProgram(
        flags: ["--access-log", "true", "--trusted-proxies", "127.0.0.0/8"])
      let token = try TestToken.make("bob", grants: ##""publish":["house/#"]"##)
      let answer = try guarded.program.client.post(
        "/publish?topic=house/secret-place&x_password=hunter2", "a payload",
        headers: [
          TestToken.header(token), ("traceparent", Self.parent), ("X-Request-Id", "gate-17"),
          ("X-Forwarded-For", "2001:db8:0:0:0::7"),
        ])
      #expect(answer.status == 200)
      #expect(answer.header("Request-Id") == "gate-17")
      let line = try #require(
        guarded.program.process.errors.first { $0.contains("gate-17") })
      for part in [
        #""route":"/publish""#, #""method":"POST""#, #""status":"200""#, #""subject":"bob""#,
        #""client":"2001:db8::7""#, #""trace":"4bf92f3577b34da6a3ce929d0e0e4736""#,
        #""received_bytes":"9""#,
      ] {
        #expect(line.contains(part), "\(part) in \(line)")
      }
      let all = guarded.program.process.errors.text
      for secret in ["secret-place", "hunter2", "a payload", token] {
        #expect(!all.contains(secret), "\(secret)")
      }
    }

    @Test func `who is no proxy names no request, and a problem repeats the name`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let forged = [("X-Request-Id", "forged")]
      let first = try bridge.client.get("/nowhere", headers: forged)
      let second = try bridge.client.get("/nowhere", headers: forged)
      let name = try #require(first.header("Request-Id"))
      #expect(name != "forged")
      #expect(second.header("Request-Id") != name)
      #expect(try first.json.string("instance") == "urn:mqtt-bridge:request:\(name)")
      #expect(try bridge.client.post("/publish?topic=a", "x").header("Request-Id") != nil)
    }

    @Test func `the trace of a publish reaches the subscriber, unless it is switched off`() throws {
      let broker = try Mosquitto()
      let headers = [("traceparent", Self.parent), ("tracestate", "vendor=1")]
      let bridge = try RunningProgram(broker)
      let stream = try bridge.open("topic=t").reader
      #expect(try bridge.client.post("/publish?topic=t", "x", headers: headers).status == 200)
      let event = try #require(try stream.messages(1).first)
      #expect(event.data.contains(#"["traceparent","\#(Self.parent)"],["tracestate","vendor=1"]"#))

      let silent = try RunningProgram(broker, flags: ["--trace-context", "false"])
      let other = try silent.open("topic=u").reader
      #expect(try silent.client.post("/publish?topic=u", "x", headers: headers).status == 200)
      #expect(try #require(try other.messages(1).first).data.contains("traceparent") == false)
    }
  }

  @Suite struct DescriptionTests {
    @Test func `the description of the interface is served as it is in the project`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--base-path", "/gate"])
      let yaml = try bridge.client.get("/gate/openapi.yaml")
      let file = try Data(contentsOf: URL(filePath: PackageFolder.file("openapi.yaml")))
      #expect(yaml.header("Content-Type") == "application/yaml")
      #expect(Array(yaml.body) == Array(file))
      let json = try bridge.client.get("/gate/openapi.json").json
      #expect(json.string("openapi") == "3.1.0")
      #expect(json.object("paths")?.object("/publish")?.object("post") != nil)
      #expect(json.object("info")?.string("version") == BridgeVersion.current)
      #expect(try bridge.client.get("/gate/docs").text.contains("openapi.json"))
      let quiet = try RunningProgram(broker, flags: ["--docs", "false"])
      #expect(try quiet.client.get("/openapi.yaml").status == 404)
      #expect(try quiet.client.get("/docs").status == 404)
    }
  }
}
