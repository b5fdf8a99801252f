import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct IdempotencyKeyTests {
  private var configuration = BridgeConfiguration()
  private var limits: BrokerLimits?

  private func terms(
    _ target: String, _ headers: HeaderFields = [:], _ body: [UInt8] = [], subject: String = ""
  ) throws(Problem) -> PublishTerms {
    let request = Request.publish(target, headers, body)
    return try PublishTerms(
      PublishParser.parse(request), request.head, SharedConfiguration(configuration),
      id: MessageID(high: 1, low: 2),
      subject: subject, limits: limits, at: 1000)
  }

  private func problem(_ target: String, _ headers: HeaderFields = [:]) -> Problem? {
    do throws(Problem) {
      _ = try terms(target, headers)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a key is the same however it is given, and another for another subject`() throws {
    let key = try #require(try terms("/publish?topic=t", ["Idempotency-Key": "k"]).key)
    #expect(key.name.count == 32 && key.fingerprint.count == 32)
    #expect(try terms("/publish?topic=t", ["Idempotency-Key": #""k""#]).key == key)
    #expect(try terms("/publish?topic=t&idempotency_key=k").key == key)
    let other = try #require(try terms("/publish?topic=t&idempotency_key=l").key)
    #expect(other.name != key.name && other.fingerprint == key.fingerprint)
    let theirs = try #require(try terms("/publish?topic=t&idempotency_key=k", subject: "a").key)
    #expect(theirs.name != key.name && theirs.fingerprint == key.fingerprint)
    #expect(try terms("/publish?topic=t").key == nil)
  }

  @Test func `the fingerprint is of what the message asks for, and of nothing else`() throws {
    let base = "/publish?topic=t&idempotency_key=k"
    let key = try terms(base, [:], [1]).key
    #expect(try terms(base + "&ack=stored&expires_in=5", ["Prefer": "wait=1"], [1]).key == key)
    var seen = [key]
    for (change, body) in [
      ("", [2]), ("&qos=0&ack=stored", [1]), ("&qos=1", [1]), ("&qos=2", [1]),
      ("&retain=true", [1]),
      ("&content_type=a", [1]), ("&message_expiry_interval=1", [1]),
    ] as [(String, [UInt8])] {
      let other = try terms(base + change, [:], body).key
      #expect(other?.name == key?.name)
      #expect(!seen.contains(other), "\(change) \(body)")
      seen.append(other)
    }
    let topic = try terms("/publish?topic=u&idempotency_key=k", [:], [1]).key
    #expect(!seen.contains(topic))
  }

  @Test(
    arguments: [
      (nil, "", .exactlyOnce), (.exactlyOnce, "", .exactlyOnce), (.atLeastOnce, "", .atLeastOnce),
      (nil, "&qos=1", .atLeastOnce), (.exactlyOnce, "&qos=1", .atLeastOnce),
    ] as [(QoS?, String, QoS)])
  mutating func `a key raises a QoS that is not given as far as the broker allows`(
    maximum: QoS?, given: String, qos: QoS
  ) throws {
    if let maximum {
      limits = BrokerLimits()
      limits?.maximumQoS = maximum
    }
    #expect(try terms("/publish?topic=t&idempotency_key=k" + given).publish.qos == qos)
  }

  @Test mutating func `a key needs a publish that is stored`() throws {
    #expect(problem("/publish?topic=t&idempotency_key=k&qos=0")?.code == .badParameter)
    #expect(try terms("/publish?topic=t&idempotency_key=k&qos=0&ack=stored").key != nil)
    limits = BrokerLimits()
    limits?.maximumQoS = .atMostOnce
    #expect(problem("/publish?topic=t&idempotency_key=k")?.code == .badParameter)
  }

  @Test mutating func `a bridge can require keys for what it stores`() {
    configuration.publishing.requiresIdempotencyKey = true
    #expect(problem("/publish?topic=t")?.code == .idempotencyKeyMissing)
    #expect(problem("/publish?topic=t&qos=0&ack=stored")?.code == .idempotencyKeyMissing)
    #expect(problem("/publish?topic=t&qos=0") == nil)
    #expect(problem("/publish?topic=t", ["Idempotency-Key": "k"]) == nil)
  }

  @Test mutating func `a stamp is the last user property, and only MQTT 5 has it`() throws {
    let before = try terms("/publish?topic=t&idempotency_key=k").key
    configuration.publishing.stamps = true
    let stamped = try terms("/publish?topic=t&idempotency_key=k", ["Mqtt-User-Property": "a=b"])
    let id = MessageID(high: 1, low: 2).description
    #expect(
      stamped.publish.properties.userProperties
        == [UserProperty("a", "b"), UserProperty("bridge-message-id", id)])
    #expect(try terms("/publish?topic=t&idempotency_key=k").key == before)
    limits = BrokerLimits()
    limits?.maximumPacketSize = 60
    #expect(problem("/publish?topic=t")?.code == .payloadTooLarge)
    configuration.mqtt.version = .v311
    #expect(try terms("/publish?topic=t").publish.properties.userProperties.isEmpty)
  }
}
