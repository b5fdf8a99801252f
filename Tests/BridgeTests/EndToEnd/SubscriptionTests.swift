import TestSupport
import Testing

extension EndToEnd {
  /// Named subscriptions with one consumer.
  @Suite struct SubscriptionTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    @Test func `a subscription is made, read, listed, changed and deleted`() throws {
      let made = try bridge.put("orders", #"{"topics":["orders/#"]}"#)
      #expect(made.status == 201)
      #expect(try made.json.string("name") == "orders")
      #expect(try made.json.integer("qos") == 2)
      #expect(try made.json.string("max_age") == "7d")
      let changed = try bridge.put(
        "orders", #"{"topics":["orders/#","bills"],"qos":1,"max_age":"1h"}"#)
      #expect(changed.status == 200)
      try bridge.subscribe("bills", #"{"topics":["bills"],"shared":true}"#)
      let read = try bridge.subscription("orders")
      #expect(read.members["topics"] as? [String] == ["orders/#", "bills"])
      #expect(read.integer("qos") == 1)
      #expect(read.string("max_age") == "1h")
      #expect(read.boolean("shared") == false)
      #expect(try read.string("created_at") == made.json.string("created_at"))
      let list = try bridge.client.get("/subscriptions").json.objects("subscriptions")
      #expect(list.map { $0.string("name") } == ["bills", "orders"])
      #expect(try bridge.client.request("DELETE", "/subscriptions/orders").status == 204)
      let rest = try bridge.client.get("/subscriptions").json.objects("subscriptions")
      #expect(rest.map { $0.string("name") } == ["bills"])
    }

    @Test(arguments: [
      ("GET", "/subscriptions/none"), ("DELETE", "/subscriptions/none"),
      ("GET", "/subscribe?subscription=none"), ("HEAD", "/subscribe?subscription=none"),
      ("POST", "/subscriptions/none/ack"),
    ])
    func `a name that is not known is answered 404`(method: String, target: String) throws {
      let body = method == "POST" ? Array(#"{"id":"k-1-1"}"#.utf8) : nil
      let answer = try bridge.client.request(method, target, body: body)
      #expect(answer.status == 404)
      if method != "HEAD" { #expect(try answer.json.string("code") == "subscription-unknown") }
    }

    @Test func `what is not acknowledged is given again, what is acknowledged is not`() throws {
      try bridge.subscribe("s", #"{"topics":["s/#"]}"#)
      for payload in ["1", "2", "3"] { try bridge.publish(payload, to: "s/a") }
      let (first, _) = try bridge.open("subscription=s")
      let events = try first.messages(3)
      try bridge.acknowledge("s", events[0].json.string("id"))
      first.close()
      #expect(try eventually { try bridge.subscription("s").integer("consumers") == 0 })
      let (second, _) = try bridge.open("subscription=s")
      #expect(try second.payloads(2) == ["2", "3"])
      try bridge.acknowledge("s", events[2].json.string("id"))
      second.close()
      try bridge.publish("4", to: "s/a")
      #expect(try eventually { try bridge.subscription("s").integer("consumers") == 0 })
      let (third, _) = try bridge.open("subscription=s")
      #expect(try third.payloads(1) == ["4"])
    }

    @Test func `with auto_ack what the socket took is acknowledged`() throws {
      for pace in ["", "&max_rate=1000"] {
        let name = pace.isEmpty ? "live" : "paced"
        try bridge.subscribe(name, #"{"topics":["\#(name)"]}"#)
        let (first, _) = try bridge.open("subscription=\(name)&auto_ack=true\(pace)")
        for payload in ["1", "2"] { try bridge.publish(payload, to: name) }
        let last = try first.messages(2)[1].json.string("id") ?? ""
        let sequence = last.split(separator: "-").dropLast().joined(separator: "-")
        #expect(
          try eventually { try bridge.subscription(name).string("cursor") == sequence }, "\(pace)")
        first.close()
        try bridge.publish("3", to: name)
        #expect(try eventually { try bridge.subscription(name).integer("consumers") == 0 })
        let (second, _) = try bridge.open("subscription=\(name)")
        #expect(try second.payloads(1) == ["3"])
      }
    }

    @Test func `a second consumer is refused, or takes over`() throws {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      let (first, _) = try bridge.open("subscription=s")
      let refused = try bridge.client.get("/subscribe?subscription=s")
      #expect(refused.status == 409)
      #expect(try refused.json.string("code") == "subscription-in-use")
      let (second, _) = try bridge.open("subscription=s&takeover=true")
      let close = try #require(try first.next(named: "bridge.close"))
      #expect(try close.json.string("reason") == "taken_over")
      #expect(try close.json.boolean("reconnect") == false)
      #expect(try first.next() == nil)
      try bridge.publish("x", to: "s")
      #expect(try second.payloads(1) == ["x"])
      #expect(try bridge.subscription("s").integer("consumers") == 1)
    }

    @Test func `a consumer whose subscription is deleted is told so`() throws {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      let (reader, _) = try bridge.open("subscription=s")
      #expect(try bridge.client.request("DELETE", "/subscriptions/s").status == 204)
      let close = try #require(try reader.next(named: "bridge.close"))
      #expect(try close.json.string("reason") == "subscription_deleted")
      #expect(try reader.next() == nil)
    }

    @Test func `a consumer comes back to topics that were added meanwhile`() throws {
      try bridge.subscribe("s", #"{"topics":["s/1"]}"#)
      let (first, _) = try bridge.open("subscription=s")
      try bridge.subscribe("s", #"{"topics":["s/1","s/2"]}"#)
      try bridge.publish("2", to: "s/2")
      try bridge.publish("1", to: "s/1")
      let close = try #require(try first.next(named: "bridge.close"))
      #expect(try close.json.string("reason") == "subscription_changed")
      #expect(try close.json.boolean("reconnect") == true)
      let (second, _) = try bridge.open("subscription=s")
      #expect(try second.payloads(2) == ["2", "1"])
    }

    @Test func `to make a subscription again keeps its place`() throws {
      try bridge.subscribe("s", #"{"topics":["s/#"]}"#)
      try bridge.publish("1", to: "s/1")
      #expect(try bridge.put("s", #"{"topics":["s/#"]}"#).status == 200)
      #expect(try bridge.put("s", #"{"topics":["s/#"],"max_age":"1d"}"#).status == 200)
      #expect(try bridge.put("s", #"{"topics":["s/#"],"shared":true}"#).status == 200)
      #expect(try bridge.put("s", #"{"topics":["s/+"]}"#).status == 200)
      let (reader, _) = try bridge.open("subscription=s")
      #expect(try reader.payloads(1) == ["1"])
    }

    @Test(arguments: [
      (#"{"topics":[]}"#, "missing-topic"), (#"{"topics":["a/#/b"]}"#, "filter-invalid"),
      (#"{"topics":["$share/g/a"]}"#, "filter-invalid"), (#"{"topics":"a"}"#, "bad-parameter"),
      (#"{"topics":["a"],"qos":3}"#, "bad-parameter"), (#"["a"]"#, "bad-json"), ("", "bad-json"),
      (#"{"topics":["a"],"max_age":"0s"}"#, "bad-parameter"),
      (#"{"topics":["a"],"topic":"b"}"#, "unknown-parameter"),
    ])
    func `terms that cannot be used are refused`(terms: String, code: String) throws {
      let answer = try bridge.put("s", terms)
      #expect(answer.status == 400)
      #expect(try answer.json.string("code") == code)
      #expect(try bridge.client.get("/subscriptions/s").status == 404)
    }

    @Test(arguments: [
      (#"{"id":"x"}"#, "bad-event-id"), (#"{"id":"abc-1-1"}"#, "bad-event-id"),
      (#"{"ids":[]}"#, "bad-parameter"), (#"{"event":"1"}"#, "unknown-parameter"),
      ("no", "bad-json"),
    ])
    func `acknowledgements of what was never given are refused`(body: String, code: String) throws {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      let answer = try bridge.client.post("/subscriptions/s/ack", body)
      #expect(answer.status == 400)
      #expect(try answer.json.string("code") == code)
    }

    @Test func `the id of an event that is still to come cannot be acknowledged`() throws {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      try bridge.publish("x", to: "s")
      let (reader, _) = try bridge.open("subscription=s")
      let id = try #require(try reader.messages(1).first?.json.string("id"))
      let parts = id.split(separator: "-")
      let future = "\(parts[0])-\((Int(parts[1]) ?? 0) + 1)-\(parts[2])"
      #expect(try bridge.client.post("/subscriptions/s/ack", #"{"id":"\#(future)"}"#).status == 400)
    }
  }
}
