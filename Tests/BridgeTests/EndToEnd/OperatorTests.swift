import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// What operators do at the admin server.
  @Suite struct OperatorTests {
    @Test func `the status tells what health tells, and the threads and the process`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let status = try bridge.adminClient.get("/admin/status").json
      #expect(status.object("broker")?.string("state") == "connected")
      #expect(status.boolean("draining") == false)
      #expect(status.objects("threads").first?.string("name") == "http-0")
      #expect(status.object("process")?.integer("resident_bytes") ?? 0 > 1_000_000)
      #expect(try bridge.adminClient.get("/admin/status?x=1").status == 400)
    }

    @Test func `open streams are listed in pages, and one of them is ended`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let first = try bridge.open("topic=a/%23&topic=b").reader
      let second = try bridge.open("topic=c").reader
      let page = try bridge.adminClient.get("/admin/connections?limit=1").json
      #expect(page.integer("total") == 2 && page.string("next_cursor") == "1")
      let entry = try #require(page.objects("connections").first)
      #expect(entry.string("client_address") == "127.0.0.1" && entry.string("kind") == "sse")
      #expect(entry.texts("topics") == ["a/#", "b"])
      let rest = try bridge.adminClient.get("/admin/connections?cursor=1").json
      #expect(rest.objects("connections").count == 1 && rest.string("next_cursor") == nil)
      let id = try #require(entry.string("id"))
      #expect(try bridge.adminClient.request("DELETE", "/admin/connections/\(id)").status == 204)
      let close = try first.next(named: "bridge.close")
      #expect(try close?.json.string("reason") == "operator")
      let isGone = try eventually {
        try bridge.adminClient.get("/admin/connections").json.integer("total") == 1
      }
      #expect(isGone)
      #expect(try bridge.adminClient.request("DELETE", "/admin/connections/\(id)").status == 404)
      try bridge.publish("still", to: "c")
      #expect(try second.payloads(1) == ["still"])
    }

    @Test func `a stream behind a trusted proxy is listed with the address of its client`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--trusted-proxies", "127.0.0.0/8"])
      let stream = try bridge.client.stream(
        "/subscribe?topic=a", headers: [("X-Forwarded-For", "192.0.2.9")])
      #expect(try stream.next(named: "bridge.open") != nil)
      let entries = try bridge.adminClient.get("/admin/connections").json.objects("connections")
      #expect(entries.map { $0.string("client_address") } == ["192.0.2.9"])
    }

    @Test func `the queue shows what waits, in order and without payloads`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      try broker.stop()
      for number in 1...3 {
        let target = "/publish?topic=q/\(number)&qos=\(number % 2 + 1)&ack=stored"
        #expect(try bridge.client.post(target, "secret").status == 202)
      }
      let answer = try bridge.adminClient.get("/admin/queue?limit=2")
      let page = try answer.json
      #expect(page.integer("total") == 3 && page.integer("messages_max") == 1_000_000)
      #expect(page.objects("messages").map { $0.string("topic") } == ["q/1", "q/2"])
      #expect(page.objects("messages").map { $0.integer("qos") } == [2, 1])
      #expect(page.objects("messages").first?.string("state") == "queued")
      #expect(!answer.text.contains("secret"))
      let cursor = try #require(page.string("next_cursor"))
      let rest = try bridge.adminClient.get("/admin/queue?limit=2&cursor=\(cursor)").json
      #expect(rest.objects("messages").map { $0.string("topic") } == ["q/3"])
      #expect(rest.string("next_cursor") == nil)
      #expect(try bridge.adminClient.get("/admin/queue?limit=0").status == 400)
    }

    @Test
    func `a drained bridge is not ready, ends its streams and takes nothing until it is put back`()
      throws
    {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let stream = try bridge.open("topic=a").reader
      let answer = try bridge.adminClient.post("/admin/drain", "")
      #expect(answer.status == 202)
      #expect(try answer.json.integer("streams_ended") == 1)
      let close = try stream.next(named: "bridge.close")
      #expect(try close?.json.string("reason") == "draining")
      #expect(try bridge.adminClient.get("/healthz/ready").status == 503)
      #expect(try bridge.adminClient.get("/healthz/live").status == 200)
      let refused = try bridge.client.post("/publish?topic=a&qos=1", "x")
      #expect(refused.status == 503)
      #expect(try refused.json.string("code") == "draining")
      #expect(try bridge.client.get("/subscribe?topic=a").status == 503)
      let back = try bridge.adminClient.request("DELETE", "/admin/drain")
      #expect(back.status == 200)
      #expect(try back.json.boolean("draining") == false)
      #expect(try bridge.adminClient.get("/healthz/ready").status == 200)
      try bridge.publish("x", to: "a")
    }

    @Test func `a backup goes into the configured directory, and opens as a store`() throws {
      let broker = try Mosquitto()
      let folder = try TemporaryDirectory()
      let bridge = try RunningProgram(
        broker, flags: ["--backups", folder.path])
      try bridge.publish("x", to: "a")
      let answer = try bridge.adminClient.post("/admin/backup", "")
      #expect(answer.status == 201, "\(answer.text)")
      let name = try #require(try answer.json.string("file"))
      let size = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.size]
      #expect(try answer.json.integer("bytes") == size as? Int)
      let restored = try TemporaryDirectory()
      try FileManager.default.createDirectory(
        atPath: restored.file("store"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: folder.file(name), toPath: restored.file("store/bridge.sqlite3"))
      let second = try RunningProgram(broker: broker.url, data: restored)
      #expect(try second.health().string("epoch") != bridge.health().string("epoch"))
      #expect(try bridge.adminClient.post("/admin/backup?file=x", "").status == 400)
    }

    @Test func `without a directory for backups there are none`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      #expect(try bridge.adminClient.post("/admin/backup", "").status == 404)
    }
  }
}
