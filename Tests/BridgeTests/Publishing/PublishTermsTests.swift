import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct PublishTermsTests {
  private var configuration = BridgeConfiguration()
  private var limits = BrokerLimits()

  private func terms(
    _ target: String, _ headers: HeaderFields = [:], _ body: [UInt8] = []
  ) throws(Problem) -> PublishTerms {
    let request = Request.publish(target, headers, body)
    return try PublishTerms(
      PublishParser.parse(request), request.head, SharedConfiguration(configuration),
      id: MessageID(high: 1, low: 2),
      limits: limits, at: 1000)
  }

  private func refusal(
    _ target: String, _ headers: HeaderFields = [:], _ body: [UInt8] = []
  ) -> Problem? {
    do throws(Problem) {
      _ = try terms(target, headers, body)
      return nil
    } catch {
      return error
    }
  }

  @Test func `what a request leaves out comes from the configuration`() throws {
    let terms = try terms("/publish?topic=t", [:], [1])
    #expect(terms.publish == Publish(topic: "t", payload: [1], qos: .atLeastOnce))
    #expect(terms.acknowledgement == .broker)
    #expect(terms.wait == .seconds(5))
    #expect(terms.expiresAt == 86_401_000)
    #expect(terms.preferenceApplied == nil)
  }

  @Test mutating func `the configuration changes the defaults`() throws {
    configuration.publishing.defaultQoS = .exactlyOnce
    configuration.publishing.ackWait = .milliseconds(250)
    configuration.publishing.expiresIn = .milliseconds(1500)
    let terms = try terms("/publish?topic=t")
    #expect(terms.publish.qos == .exactlyOnce)
    #expect(terms.wait == .milliseconds(250))
    #expect(terms.expiresAt == 2500)
    configuration.publishing.expiresIn = .zero
    #expect(try self.terms("/publish?topic=t").expiresAt == nil)
  }

  @Test(arguments: [("0", nil), ("1", 2000), ("4294967295", 4_294_967_296_000)])
  func `a request says when it gives up`(seconds: String, expiresAt: Int64?) throws {
    #expect(try terms("/publish?topic=t&expires_in=\(seconds)").expiresAt == expiresAt)
  }

  @Test(arguments: [
    ("", "", AckLevel.broker, 5, nil), ("", "wait=10", .broker, 10, "wait=10"),
    ("", "wait=0", .broker, 0, "wait=0"), ("", "respond-async", .stored, 5, "respond-async"),
    ("", "Respond-Async, wait=3", .stored, 3, "respond-async"), ("", "wait=3601", .broker, 5, nil),
    ("", "wait=-1", .broker, 5, nil), ("", "wait=99999999999999999999", .broker, 5, nil),
    ("", "wait=1, wait=2", .broker, 1, "wait=1"), ("", "handling=strict", .broker, 5, nil),
    ("&ack=stored", "", .stored, 5, nil), ("&ack=stored", "respond-async", .stored, 5, nil),
    ("&ack=broker", "respond-async", .broker, 5, nil),
    ("&ack=broker", "wait=9", .broker, 9, "wait=9"),
    ("&qos=0", "", .none, 5, nil), ("&qos=0", "wait=3", .none, 3, nil),
    ("&qos=0", "respond-async", .stored, 5, "respond-async"),
    ("&qos=0&ack=none", "", .none, 5, nil),
    ("&qos=0&ack=stored", "", .stored, 5, nil),
  ])
  func `what a publish waits for`(
    query: String, prefer: String, level: AckLevel, seconds: Int, applied: String?
  ) throws {
    let terms = try terms("/publish?topic=t\(query)", prefer.isEmpty ? [:] : ["Prefer": prefer])
    #expect(terms.acknowledgement == level)
    #expect(terms.wait == .seconds(seconds))
    #expect(terms.preferenceApplied == applied)
  }

  @Test func `only QoS 0 can do without any acknowledgement`() {
    #expect(refusal("/publish?topic=t&ack=none")?.code == .badParameter)
    #expect(refusal("/publish?topic=t&ack=none&qos=2")?.code == .badParameter)
  }

  @Test(arguments: ["", "a/%2B", "%23", "a%23", "a%2Bb"])
  func `topics that no message can have are refused`(topic: String) {
    #expect(refusal("/publish?topic=\(topic)")?.code == .topicInvalid)
  }

  @Test func `a topic has at most 65,535 bytes`() {
    #expect(refusal("/publish?topic=" + String(repeating: "a", count: 65_535)) == nil)
    #expect(
      refusal("/publish?topic=" + String(repeating: "a", count: 65_536))?.code == .topicInvalid)
  }

  @Test mutating func `the limits of the broker are known before the broker is asked`() {
    limits.maximumQoS = .atLeastOnce
    #expect(refusal("/publish?topic=t&qos=1") == nil)
    #expect(refusal("/publish?topic=t&qos=2")?.code == .qosNotSupported)
    limits.maximumQoS = .atMostOnce
    #expect(refusal("/publish?topic=t")?.code == .qosNotSupported)
    limits = BrokerLimits()
    limits.retainAvailable = false
    #expect(refusal("/publish?topic=t") == nil)
    #expect(refusal("/publish?topic=t&retain=1")?.code == .retainNotAvailable)
  }

  @Test mutating func `a payload may be as long as the bridge and the broker allow`() {
    configuration.http.payloadBytes = ByteCount(bytes: 10)
    #expect(refusal("/publish?topic=t", [:], Array(repeating: 0, count: 10)) == nil)
    let bridge = refusal("/publish?topic=t", [:], Array(repeating: 0, count: 11))
    #expect(bridge?.code == .payloadTooLarge)
    #expect(
      bridge?.members == [.init("max_bytes", .integer(10)), .init("limited_by", .string("bridge"))])
    // Fixed header 2, topic 3, identifier 2, no properties 1, payload.
    limits.maximumPacketSize = 18
    #expect(refusal("/publish?topic=t", [:], Array(repeating: 0, count: 10)) == nil)
    limits.maximumPacketSize = 17
    let broker = refusal("/publish?topic=t", [:], Array(repeating: 0, count: 10))
    #expect(broker?.code == .payloadTooLarge)
    #expect(
      broker?.members == [.init("max_bytes", .integer(17)), .init("limited_by", .string("broker"))])
    #expect(refusal("/publish?topic=t&qos=0", [:], Array(repeating: 0, count: 10)) == nil)
  }

  @Test mutating func `properties on MQTT 3_1_1 are refused when they were asked for`() throws {
    configuration.mqtt.version = .v311
    #expect(refusal("/publish?topic=t&content_type=a/b")?.code == .mqtt5Required)
    #expect(refusal("/publish?topic=t", ["Mqtt-User-Property": "a=b"])?.code == .mqtt5Required)
    #expect(refusal("/publish?topic=t&expires_in=1") == nil)
    let implied = try terms("/publish?topic=t", ["Content-Type": "text/plain"], [0x61])
    #expect(implied.publish.properties == Publish.Properties())
    configuration.publishing.properties = .drop
    let dropped = try terms(
      "/publish?topic=t&content_type=a/b&payload_format_indicator=1", [:], [0xFF])
    #expect(dropped.publish.properties == Publish.Properties())
  }

  @Test func `a payload that is said to be UTF-8 must be`() {
    let target = "/publish?topic=t&payload_format_indicator=1"
    #expect(refusal(target, [:], Array("ß".utf8)) == nil)
    #expect(refusal(target, [:], [0xC3])?.code == .payloadFormatInvalid)
  }
}
