import JSONText
import MQTTClient
import Testing

@testable import Access

/// What the claim `mqtt` grants, and the words of what it refuses.
@Suite struct GrantsTests {
  static func grants(_ json: String, _ caller: Identity = .init(subject: "alice")) throws -> Grants
  {
    let node = ClaimNode(try JSONScanner.scan(Array(json.utf8)))
    return try ClaimGrants.grants(node, for: caller)
  }

  static func refusal(_ decision: Decision) -> Refusal? {
    if case .refused(let refusal) = decision { refusal } else { nil }
  }

  private func publish(
    _ json: String, _ topic: String, qos: QoS = .atLeastOnce, retain: Bool = false
  ) throws -> Refusal? {
    Self.refusal(try Self.grants(json).mayPublish(topic: topic, qos: qos, retain: retain))
  }

  private func subscribe(_ json: String, _ filter: String, qos: QoS = .atLeastOnce) throws
    -> Refusal?
  {
    Self.refusal(try Self.grants(json).maySubscribe(TopicFilter(filter), qos: qos))
  }

  @Test func `the refusal of a publish names the claim and its filters`() throws {
    let refusal = try publish(#"{"mqtt":{"publish":["home/#"]}}"#, "a/b")
    #expect(refusal?.code == .topicForbidden)
    #expect(refusal?.detail == "publish to 'a/b' is not covered by claim mqtt.publish ['home/#']")
    #expect(refusal?.hint == "ask for a right to publish to 'a/b' in claim mqtt")
    #expect(refusal?.code.status == 403)
  }

  @Test func `a claim that denies is named`() throws {
    let json = #"{"mqtt":{"publish":["home/#"],"deny":["home/+/secret/#"]}}"#
    #expect(
      try publish(json, "home/1/secret/key")?.detail
        == "publish to 'home/1/secret/key' is denied by claim mqtt.deny ['home/+/secret/#']")
    #expect(try publish(json, "home/1/open") == nil)
  }

  @Test func `nothing is granted without a claim`() throws {
    #expect(
      try publish("{}", "a")?.detail
        == "publish to 'a' is not covered by the token, which has no claim mqtt, acl or "
        + "authorization_details, which grants no publish")
    #expect(try subscribe(##"{"mqtt":{"publish":["#"]}}"##, "a")?.code == .filterForbidden)
  }

  @Test func `retain and QoS have claims of their own`() throws {
    let json = ##"{"mqtt":{"publish":["#"],"subscribe":["#"],"max_qos":1}}"##
    #expect(try publish(json, "a", retain: true)?.code == .retainForbidden)
    #expect(
      try publish(json, "a", retain: true)?.detail.contains("claim mqtt.retain is not true") == true
    )
    #expect(try publish(json, "a", qos: .exactlyOnce)?.code == .qosForbidden)
    #expect(
      try subscribe(json, "a", qos: .exactlyOnce)?.detail
        == "subscribe to 'a' with QoS 2 is refused: claim mqtt.max_qos is 1")
    let retaining = ##"{"mqtt":{"publish":["#"],"retain":true}}"##
    #expect(try publish(retaining, "a", retain: true) == nil)
  }

  @Test(arguments: ["a/b", "a/b/c", "a/+/c", "a/#", "a/+"])
  func `a filter inside a granted one is granted`(filter: String) throws {
    #expect(try subscribe(#"{"mqtt":{"subscribe":["a/#"]}}"#, filter) == nil)
  }

  @Test(arguments: ["#", "+/b", "b/#", "a/#", "a", "+/+/b", "$SYS/x"])
  func `a filter that is wider than every granted one is refused`(filter: String) throws {
    #expect(try subscribe(#"{"mqtt":{"subscribe":["a/+/b","c"]}}"#, filter) != nil)
  }

  @Test func `topics that begin with a dollar need a filter that does`() throws {
    let all = ##"{"mqtt":{"publish":["#"],"subscribe":["#"]}}"##
    #expect(try publish(all, "$SYS/x") != nil)
    #expect(try subscribe(all, "$SYS/#") != nil)
    let system = ##"{"mqtt":{"publish":["$SYS/#"],"subscribe":["$SYS/#"]}}"##
    #expect(try publish(system, "$SYS/x") == nil)
    #expect(try subscribe(system, "$SYS/x") == nil)
  }

  @Test func `a shared subscription needs a grant with its group`() throws {
    let plain = #"{"mqtt":{"subscribe":["a/#"]}}"#
    #expect(
      try subscribe(plain, "$share/g/a/b")?.detail.contains("needs a filter with its group") == true
    )
    let shared = #"{"mqtt":{"subscribe":["$share/g/a/#"]}}"#
    #expect(try subscribe(shared, "$share/g/a/b") == nil)
    #expect(try subscribe(shared, "$share/h/a/b") != nil)
    #expect(try subscribe(shared, "a/b") != nil)
    #expect(try subscribe(#"{"acl":{"sub":["a/#"]}}"#, "$share/g/a/b") == nil)
  }

  @Test func `a filter that is denied as a whole is refused`() throws {
    let json = ##"{"mqtt":{"subscribe":["#"],"deny":["secret/#"]}}"##
    #expect(try subscribe(json, "secret/a")?.code == .filterForbidden)
    #expect(try subscribe(json, "$share/g/secret/a")?.code == .filterForbidden)
    let grants = try Self.grants(json)
    #expect(grants.maySubscribe(try TopicFilter("#"), qos: .atMostOnce).isGranted)
    #expect(!grants.mayReceive(topic: "secret/a", qos: .atMostOnce))
    #expect(grants.mayReceive(topic: "a", qos: .atMostOnce))
    #expect(grants.deniesDeliveries)
  }

  @Test func `part of a filter is pointed at`() throws {
    let refusal = try subscribe(#"{"mqtt":{"subscribe":["a/+/b"]}}"#, "a/#")
    #expect(refusal?.hint == "only part of it is granted, such as 'a/+/b'")
  }

  @Test func `rights without topics are asked for by name`() throws {
    let grants = try Self.grants(#"{"mqtt":{"history":true}}"#)
    #expect(grants.mayReadHistory.isGranted)
    let refusal = Self.refusal(grants.mayRequest)
    #expect(refusal?.code == .requestForbidden)
    #expect(
      refusal?.detail.hasSuffix("needs the right 'request', which claim mqtt does not give") == true
    )
    #expect(Self.refusal(grants.mayAdminister)?.code == .adminForbidden)
  }

  @Test func `limits are read from the claim`() throws {
    let grants = try Self.grants(#"{"mqtt":{"max_connections":20,"rate":"50/s"}}"#)
    #expect(grants.maximumConnections == 20)
    #expect(grants.rate == Rate(count: 50, seconds: 1))
  }

  @Test func `where nobody is asked everything is granted`() throws {
    #expect(Grants.everything.mayPublish(topic: "$x/a", qos: .exactlyOnce, retain: true).isGranted)
    #expect(
      Grants.everything.maySubscribe(try TopicFilter("$share/g/#"), qos: .exactlyOnce).isGranted)
    #expect(Grants.everything.mayReceive(topic: "$x", qos: .exactlyOnce))
    #expect(!Grants.everything.mayPublish(topic: "a/+", qos: .atMostOnce, retain: false).isGranted)
    #expect(!Grants.everything.deniesDeliveries)
  }

  @Test func `words have no control characters and an end`() throws {
    let refusal = try publish(
      #"{"mqtt":{"publish":["b"]}}"#, "a\r\n" + String(repeating: "x", count: 9000))
    #expect(refusal?.detail.utf8.contains(0x0A) == false)
    #expect((refusal?.detail.utf8.count ?? 9000) < 600)
  }
}
