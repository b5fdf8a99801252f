import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// The console and the library for browsers, as files that are served.
  @Suite struct ConsoleTests {
    @Test func `the console is served with its policy, also below a prefix`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--base-path", "/gate"])
      let entry = try bridge.client.get("/gate/ui")
      #expect(entry.status == 308 && entry.header("Location") == "ui/")
      let page = try bridge.client.get("/gate/ui/")
      #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8")
      let policy = page.header("Content-Security-Policy") ?? ""
      #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe"))
      #expect(policy.contains("script-src 'self'; style-src 'self'; connect-src 'self'"))
      // Whatever the prefix is, the page finds its files, because it names none from the root.
      #expect(!page.text.contains("\"/"))
      for (name, type) in [("main.js", "text/javascript"), ("theme.css", "text/css")] {
        let file = try bridge.client.get("/gate/ui/\(name)")
        #expect(file.status == 200 && file.header("Content-Type") == "\(type); charset=utf-8")
      }
      #expect(try bridge.client.get("/gate/ui/none.js").status == 404)
      #expect(try bridge.client.get("/gate/ui/..%2Fopenapi.yaml").status == 404)
      #expect(try bridge.client.get("/ui/").status == 404)
      #expect(try bridge.client.get("/gate/").text.contains("ui/"))
    }

    @Test func `what a browser has already is answered 304`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      for target in ["/ui/", "/ui/main.js", "/mqtt-bridge.js", "/mqtt-bridge.d.ts"] {
        let first = try bridge.client.get(target)
        let tag = try #require(first.header("ETag"))
        #expect(first.header("Cache-Control") == "no-cache" && !first.body.isEmpty)
        for known in [tag, "\"other\", W/\(tag)", "*"] {
          let again = try bridge.client.get(target, headers: [("If-None-Match", known)])
          #expect(again.status == 304 && again.body.isEmpty && again.header("ETag") == tag)
        }
        #expect(try bridge.client.get(target, headers: [("If-None-Match", "\"x\"")]).status == 200)
        let head = try bridge.client.request("HEAD", target)
        #expect(head.status == 200 && head.header("ETag") == tag)
      }
    }

    @Test func `without the console the library is still there`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--console", "false"])
      for target in ["/ui", "/ui/", "/ui/main.js"] {
        #expect(try bridge.client.get(target).status == 404)
      }
      #expect(try !bridge.client.get("/").text.contains("ui/"))
      #expect(try bridge.client.get("/mqtt-bridge.js").text.contains("export function connect"))
    }
  }

  /// `admin_on_public`: what operators ask for, at the public server.
  @Suite struct PublicAdminTests {
    @Test func `the public server has the routes of operators only when it is told to`() throws {
      let broker = try Mosquitto()
      let plain = try RunningProgram(broker)
      for target in ["/admin/status", "/metrics", "/healthz", "/healthz/live"] {
        #expect(try plain.client.get(target).status == 404, "\(target)")
      }
      let bridge = try RunningProgram(
        broker, flags: ["--admin-on-public", "true", "--base-path", "/gate"])
      #expect(try bridge.client.get("/admin/status").status == 404)
      for (client, prefix) in [(bridge.client, "/gate"), (bridge.adminClient, "")] {
        let status = try client.get(prefix + "/admin/status").json
        #expect(status.object("broker")?.string("state") == "connected")
        #expect(try client.get(prefix + "/metrics").text.contains("bridge_mqtt_connected 1"))
        #expect(try client.get(prefix + "/healthz/live").status == 200)
        // These are answered by the store, later.
        #expect(try client.get(prefix + "/admin/queue").json.integer("total") == 0)
        #expect(try client.get(prefix + "/admin/dead-letters").status == 200)
        #expect(try client.request("PUT", prefix + "/admin/queue").status == 405)
        #expect(try client.get(prefix + "/admin/queue?x=1").status == 400)
      }
    }

    @Test func `the right to them is asked for there too, and a password is checked`() throws {
      let guarded = try GuardedProgram(flags: ["--admin-on-public", "true"])
      let client = guarded.program.client
      #expect(try client.get("/admin/status").status == 401)
      #expect(try client.get("/healthz/ready").status == 200)
      let basic = Data("alice:\(GuardedProgram.password)".utf8).base64EncodedString()
      let alice = try client.get("/admin/queue", headers: [("Authorization", "Basic \(basic)")])
      #expect(alice.status == 403)
      let root = TestToken.header(try TestToken.make("root", grants: #""admin":true"#))
      #expect(try client.get("/admin/queue", headers: [root]).status == 200)
      #expect(try client.request("POST", "/admin/drain", headers: [root]).status == 202)
      #expect(try client.request("DELETE", "/admin/drain", headers: [root]).status == 200)
    }
  }
}
