import Foundation
import HTTPFront
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// Every route with every kind of caller.
  @Suite struct AccessTableTests {
    /// A route, the request that is made, and its status by kind of caller.
    struct Row: Sendable {
      let method: String
      let target: String
      var body = ""
      /// For: nobody, a bad token, an expired one, one without the right, one with it, a key, a
      /// user, an administrator, a ticket, a cookie.
      let statuses: [Int]
      var isAdmin = false
      var isJSON = false
    }

    static let callers = [
      "nobody", "bad token", "expired", "no right", "right", "key", "user", "administrator",
      "ticket", "cookie",
    ]

    static let rows = [
      Row(
        method: "GET", target: "/", statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "GET", target: "/docs",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "GET", target: "/openapi.yaml",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "GET", target: "/openapi.json",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "GET", target: "/ui",
        statuses: [308, 308, 308, 308, 308, 308, 308, 308, 308, 308]),
      Row(
        method: "GET", target: "/ui/",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "GET", target: "/ui/main.js",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "GET", target: "/mqtt-bridge.js",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "GET", target: "/mqtt-bridge.d.ts",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
      Row(
        method: "POST", target: "/publish?topic=house/a", body: "x",
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 403]),
      Row(
        method: "POST", target: "/topics/house/a", body: "x",
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 403]),
      Row(
        method: "PUT", target: "/topics/house/a", body: "x",
        statuses: [401, 401, 401, 403, 200, 403, 403, 403, 401, 403]),
      Row(
        method: "DELETE", target: "/topics/house/a",
        statuses: [401, 401, 401, 403, 200, 403, 403, 403, 401, 403]),
      Row(
        method: "POST", target: "/publish/batch", body: #"[{"topic":"house/a","payload":"x"}]"#,
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 403], isJSON: true),
      Row(
        method: "POST", target: "/publish/bulk", body: #"[{"topic":"house/a","payload":"x"}]"#,
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 403], isJSON: true),
      Row(
        method: "POST", target: "/api/v5/publish", body: #"{"topic":"house/a","payload":"x"}"#,
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 403], isJSON: true),
      Row(
        method: "POST", target: "/api/v5/publish/bulk",
        body: #"[{"topic":"house/a","payload":"x"}]"#,
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 403], isJSON: true),
      Row(
        method: "POST", target: "/request?topic=house/a&timeout=1", body: "x",
        statuses: [401, 401, 401, 403, 504, 403, 403, 403, 401, 403]),
      Row(
        method: "GET", target: "/topics/house/a",
        statuses: [401, 401, 401, 403, 404, 404, 404, 403, 401, 404]),
      Row(
        method: "GET", target: "/topics?topic=house/a",
        statuses: [401, 401, 401, 403, 404, 404, 404, 403, 401, 404]),
      Row(
        method: "GET", target: "/retained?filter=house/a",
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 200]),
      Row(
        method: "GET", target: "/messages/0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001",
        statuses: [401, 401, 401, 404, 404, 404, 404, 404, 401, 404]),
      Row(
        method: "HEAD", target: "/subscribe?topic=house/a",
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 200, 200]),
      Row(
        method: "POST", target: "/subscribe?poll=1&wait=0", body: #"{"topics":["house/a"]}"#,
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 200, 403], isJSON: true),
      Row(
        method: "QUERY", target: "/subscribe?poll=1&wait=0", body: #"{"topics":["house/a"]}"#,
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 200, 403], isJSON: true),
      Row(
        method: "HEAD", target: "/subscribe?topic=%23",
        statuses: [401, 401, 401, 403, 403, 403, 403, 403, 403, 403]),
      Row(
        method: "GET", target: "/history?topic=house/a",
        statuses: [401, 401, 401, 403, 200, 200, 403, 403, 401, 200]),
      Row(
        method: "GET", target: "/subscriptions",
        statuses: [401, 401, 401, 200, 200, 200, 200, 200, 401, 200]),
      Row(
        method: "GET", target: "/subscriptions/others",
        statuses: [401, 401, 401, 404, 404, 404, 404, 200, 401, 404]),
      Row(
        method: "PUT", target: "/subscriptions/others", body: #"{"topics":["house/b"]}"#,
        statuses: [401, 401, 401, 403, 409, 409, 409, 403, 401, 403]),
      Row(
        method: "POST", target: "/subscriptions/others/ack", body: #"{"id":"x"}"#,
        statuses: [401, 401, 401, 404, 404, 404, 404, 400, 401, 403]),
      Row(
        method: "DELETE", target: "/subscriptions/nothing",
        statuses: [401, 401, 401, 404, 404, 404, 404, 404, 401, 403]),
      Row(
        method: "POST", target: "/ticket", body: #"{"topics":["house/a"]}"#,
        statuses: [401, 401, 401, 403, 200, 200, 200, 403, 401, 403]),
      Row(
        method: "GET", target: "/ws",
        statuses: [401, 401, 401, 426, 426, 426, 426, 426, 426, 426]),
      Row(
        method: "GET", target: "/mqtt",
        statuses: [401, 401, 401, 426, 426, 426, 426, 426, 426, 426]),
      Row(
        method: "OPTIONS", target: "/publish",
        statuses: [204, 204, 204, 204, 204, 204, 204, 204, 204, 204]),
      Row(
        method: "GET", target: "/healthz/live",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200], isAdmin: true),
      Row(
        method: "GET", target: "/healthz/ready",
        statuses: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200], isAdmin: true),
      Row(
        method: "GET", target: "/healthz",
        statuses: [401, 401, 401, 403, 403, 403, 403, 200, 401, 403], isAdmin: true),
      Row(
        method: "GET", target: "/metrics",
        statuses: [401, 401, 401, 403, 403, 403, 403, 200, 401, 403], isAdmin: true),
      Row(
        method: "GET", target: "/admin/status",
        statuses: [401, 401, 401, 403, 403, 403, 403, 200, 401, 403], isAdmin: true),
      Row(
        method: "GET", target: "/admin/connections",
        statuses: [401, 401, 401, 403, 403, 403, 403, 200, 401, 403], isAdmin: true),
      Row(
        method: "DELETE", target: "/admin/connections/c-0-99",
        statuses: [401, 401, 401, 403, 403, 403, 403, 404, 401, 403], isAdmin: true),
      Row(
        method: "GET", target: "/admin/queue",
        statuses: [401, 401, 401, 403, 403, 403, 403, 200, 401, 403], isAdmin: true),
      Row(
        method: "POST", target: "/admin/drain",
        statuses: [401, 401, 401, 403, 403, 403, 403, 202, 401, 403], isAdmin: true),
      Row(
        method: "DELETE", target: "/admin/drain",
        statuses: [401, 401, 401, 403, 403, 403, 403, 200, 401, 403], isAdmin: true),
      Row(
        method: "POST", target: "/admin/backup",
        statuses: [401, 401, 401, 403, 403, 403, 403, 404, 401, 403], isAdmin: true),
      Row(
        method: "GET", target: "/admin/dead-letters",
        statuses: [401, 401, 401, 403, 403, 403, 403, 200, 401, 403], isAdmin: true),
      Row(
        method: "DELETE", target: "/admin/dead-letters?all=true",
        statuses: [401, 401, 401, 403, 403, 403, 403, 204, 401, 403], isAdmin: true),
      Row(
        method: "GET", target: "/admin/dead-letters/0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001",
        statuses: [401, 401, 401, 403, 403, 403, 403, 404, 401, 403], isAdmin: true),
      Row(
        method: "DELETE", target: "/admin/dead-letters/0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001",
        statuses: [401, 401, 401, 403, 403, 403, 403, 404, 401, 403], isAdmin: true),
      Row(
        method: "POST", target: "/admin/dead-letters/0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001/retry",
        statuses: [401, 401, 401, 403, 403, 403, 403, 404, 401, 403], isAdmin: true),
    ]

    private static let house =
      ##""publish":["house/#"],"subscribe":["house/#"]"##
      + #","retain":true,"history":true,"request":true"#

    @Test func `every route answers every kind of caller as the table says`() throws {
      let guarded = try GuardedProgram(flags: ["--emqx-api", "true", "--mqtt-tunnel", "true"])
      let client = guarded.program.client
      let right = try TestToken.make("bob", grants: Self.house)
      let owner = try TestToken.header(TestToken.make("owner", grants: Self.house))
      let made = try client.request(
        "PUT", "/subscriptions/others", headers: [owner],
        body: Array(#"{"topics":["house/x"]}"#.utf8))
      #expect(made.status == 201)
      let ticket = try client.post(
        "/ticket", #"{"topics":["house/#"]}"#, headers: [TestToken.header(right)])
      let ticketText = try #require(ticket.json.string("ticket"))
      let basic = Data("alice:\(GuardedProgram.password)".utf8).base64EncodedString()
      let credentials: [[(String, String)]] = [
        [], [TestToken.header("x.y.z")],
        [TestToken.header(try TestToken.make("bob", lifetime: -1, grants: Self.house))],
        [TestToken.header(try TestToken.make("bob", grants: #""publish":["other"]"#))],
        [TestToken.header(right)], [("X-API-Key", GuardedProgram.apiKey)],
        [("Authorization", "Basic \(basic)")],
        [TestToken.header(try TestToken.make("root", grants: #""admin":true"#))],
        [], [("Cookie", "__Host-bridge=\(right)")],
      ]
      for row in Self.rows {
        let client = row.isAdmin ? guarded.program.adminClient : client
        for (index, headers) in credentials.enumerated() {
          let separator = row.target.contains("?") ? "&" : "?"
          let target =
            Self.callers[index] == "ticket"
            ? "\(row.target)\(separator)ticket=\(ticketText)" : row.target
          // The page and the probes take no parameter, and need no caller either.
          let isFree = row.statuses[0] == 200 || row.method == "OPTIONS"
          let type = row.isJSON ? [("Content-Type", "application/json")] : []
          let answer = try client.request(
            row.method, isFree ? row.target : target, headers: headers + type,
            body: Array(row.body.utf8))
          let place = "\(row.method) \(row.target) by \(Self.callers[index]): \(answer.text)"
          #expect(answer.status == row.statuses[index], "\(place)")
          if answer.status == 401 || answer.status == 403 {
            #expect(
              answer.header("WWW-Authenticate")?.hasPrefix("Bearer realm=") == true, "\(place)")
          }
        }
      }
    }

    @Test func `the table has every route that there is`() {
      for route in RouteTable.routes { #expect(has(route, isAdmin: false), "\(route.pattern)") }
      for route in RouteTable.adminRoutes { #expect(has(route, isAdmin: true), "\(route.pattern)") }
    }

    private func has(_ route: Route<some Sendable>, isAdmin: Bool) -> Bool {
      let router = Router([route])
      return Self.rows.contains { row in
        let path = String(row.target.prefix { $0 != "?" })
        guard row.isAdmin == isAdmin else { return false }
        if case .found = router.match(method: row.method, path: path) { return true }
        return false
      }
    }

    @Test func `a refusal names the rule, and a publish that is refused keeps nothing`() throws {
      let guarded = try GuardedProgram()
      let token = try TestToken.make("bob", grants: ##""publish":["house/#"],"max_qos":1"##)
      let client = guarded.program.client
      let topic = try client.post("/publish?topic=a", "x", headers: [TestToken.header(token)]).json
      #expect(topic.string("code") == "topic-forbidden")
      #expect(topic.string("detail")?.contains("mqtt.publish") == true)
      #expect(topic.boolean("kept") == false)
      let qos = try client.post(
        "/publish?topic=house/a&qos=2", "x", headers: [TestToken.header(token)]
      ).json
      #expect(qos.string("code") == "qos-forbidden")
      #expect(qos.string("detail")?.contains("max_qos") == true)
      let expired = try TestToken.make("bob", lifetime: -5, grants: "")
      let answer = try client.post(
        "/publish?topic=a", "x", headers: [TestToken.header(expired)])
      #expect(answer.header("WWW-Authenticate")?.contains(#"error="invalid_token""#) == true)
      #expect(try answer.json.string("code") == "token-expired")
    }
  }
}
