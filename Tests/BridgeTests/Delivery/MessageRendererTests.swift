import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct MessageRendererTests {
  private func render(
    _ payload: [UInt8], topic: String = "a/b", _ representation: Representation = Representation(),
    _ fill: (inout Publish) -> Void = { _ in }
  ) -> String {
    var publish = Publish(topic: topic, payload: payload[...])
    fill(&publish)
    let text = MessageRenderer.render(publish, receivedAt: 1_790_071_872_345, as: representation)
    return String(decoding: text, as: UTF8.self)
  }

  private func raw(
    _ payload: String, _ encoding: Representation.Encoding = .auto
  ) -> String {
    render(Array(payload.utf8), Representation(envelope: .none, encoding: encoding))
  }

  @Test func `an envelope is one line of JSON`() {
    #expect(
      render(Array("21.5".utf8))
        == #"data: {"topic":"a/b","payload":"21.5","qos":0,"retain":false,"#
        + #""received_at":"2026-09-22T10:11:12.345Z"}"# + "\n\n")
    let lines = render(Array("a\r\nb\n\n".utf8)).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3)
    #expect(lines[0].contains(#""payload":"a\r\nb\n\n""#))
  }

  @Test(arguments: [
    (Representation.Envelope.none, Representation.EventName.message, "\"a\\r\\nb\\u0000\"\n"),
    (
      .json, .message,
      #"{"id":"k-7-z","topic":"a/b","payload":"a\r\nb\u0000","qos":0,"retain":false,"#
        + #""received_at":"1970-01-01T00:00:00.000Z"}"# + "\n"
    ),
    (
      .json, .topic,
      #"{"event":"a/b","id":"k-7-z","topic":"a/b","payload":"a\r\nb\u0000","qos":0,"#
        + #""retain":false,"received_at":"1970-01-01T00:00:00.000Z"}"# + "\n"
    ),
  ])
  func `a line is the message as one JSON value`(
    envelope: Representation.Envelope, event: Representation.EventName, line: String
  ) {
    let representation = Representation(envelope: envelope, event: event, form: .lines)
    let publish = Publish(topic: "a/b", payload: Array("a\r\nb\0".utf8)[...])
    let text = MessageRenderer.render(publish, receivedAt: 0, id: "k-7-z", as: representation)
    #expect(String(decoding: text, as: UTF8.self) == line)
  }

  @Test func `a payload alone that is no text is base64 in a line too`() {
    #expect(render([0xFF], Representation(envelope: .none, form: .lines)) == "\"/w==\"\n")
  }

  @Test func `an event of the bridge is a line with its name`() {
    let bytes = MessageRenderer.control(
      "bridge.gap", .object([.init("missed", .null)]), id: "k-7-z", retry: 5, as: .lines)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"event":"bridge.gap","id":"k-7-z","missed":null,"retry":5}"# + "\n")
  }

  @Test func `an event of the log has its id as a field and in the envelope`() {
    let publish = Publish(topic: "a/b", payload: Array("x".utf8)[...])
    func text(_ id: String?, _ representation: Representation) -> String {
      let bytes = MessageRenderer.render(publish, receivedAt: 0, id: id, as: representation)
      return String(decoding: bytes, as: UTF8.self)
    }
    let named = Representation(event: .topic)
    #expect(
      text("k3f9x-7-z", named)
        == "id: k3f9x-7-z\nevent: a/b\n"
        + #"data: {"id":"k3f9x-7-z","topic":"a/b","payload":"x","qos":0,"retain":false,"#
        + #""received_at":"1970-01-01T00:00:00.000Z"}"# + "\n\n")
    let raw = Representation(envelope: .none)
    #expect(text("k3f9x-7-z", raw) == "id: k3f9x-7-z\ndata: x\n\n")
    #expect(text(nil, raw) == "data: x\n\n")
    let control = MessageRenderer.control("bridge.gap", .null, id: "k3f9x-7-z", retry: 5)
    #expect(
      String(decoding: control, as: UTF8.self)
        == "id: k3f9x-7-z\nretry: 5\nevent: bridge.gap\ndata: null\n\n")
  }

  @Test func `an envelope says what is not the default`() {
    let text = render([0xFF, 0xD8]) {
      $0.qos = .exactlyOnce
      $0.isRetained = true
      $0.isDuplicate = true
    }
    #expect(
      text.hasPrefix(
        #"data: {"topic":"a/b","payload":"/9g=","payload_encoding":"base64","qos":2,"retain":true,"#
          + #""dup":true,"received_at":"#))
  }

  @Test func `an envelope carries every property a subscriber can see`() {
    let text = render([]) {
      $0.properties.payloadIsUTF8 = true
      $0.properties.messageExpiryInterval = 60
      $0.properties.contentType = "a/b"
      $0.properties.responseTopic = "r"
      $0.properties.correlationData = [1, 2, 3]
      $0.properties.userProperties = [UserProperty("k", "1"), UserProperty("k", "2")]
      $0.properties.subscriptionIdentifiers = [1024]
      $0.properties.topicAlias = 3
    }
    #expect(
      text.hasSuffix(
        #","properties":{"payload_format_indicator":1,"message_expiry_interval":60,"#
          + #""content_type":"a/b","response_topic":"r","correlation_data":"AQID","#
          + #""user_properties":[["k","1"],["k","2"]]}}"# + "\n\n"))
    let internalOnly = render([]) { $0.properties.subscriptionIdentifiers = [1024] }
    #expect(!internalOnly.contains("properties"))
  }

  @Test(arguments: [
    (Representation.Encoding.auto, "ß", #""payload":"ß","qos""#),
    (.base64, "ß", #""payload":"w58=","payload_encoding":"base64""#),
    (.text, "ß", #""payload":"ß","qos""#),
  ])
  func `an encoding is kept to`(encoding: Representation.Encoding, payload: String, json: String) {
    #expect(render(Array(payload.utf8), Representation(encoding: encoding)).contains(json))
  }

  @Test func `text at any price replaces what is no UTF-8`() {
    #expect(
      render([0x61, 0xFF], Representation(encoding: .text)).contains("\"payload\":\"a\u{FFFD}\""))
  }

  @Test(arguments: [
    ("x", "data: x\n\n"), ("", "data: \n\n"), (" x", "data:  x\n\n"),
    ("a\nb", "data: a\ndata: b\n\n"), ("a\n", "data: a\ndata: \n\n"),
    ("\n", "data: \ndata: \n\n"), ("id: 1\nevent: x", "data: id: 1\ndata: event: x\n\n"),
    ("a\rb", "data: YQ1i\n\n"), ("a\r\nb", "data: YQ0KYg==\n\n"),
  ])
  func `a payload alone has a line for each of its lines`(payload: String, text: String) {
    #expect(raw(payload) == text)
  }

  @Test func `a payload alone that is no text goes out as base64`() {
    let none = Representation(envelope: .none)
    #expect(render([0xFF], none) == "data: /w==\n\n")
    #expect(raw("x", .base64) == "data: eA==\n\n")
    #expect(raw("a\rb", .text) == "data: ab\n\n")
  }

  @Test(arguments: [
    (Representation.EventName.message, "a", ""), (.topic, "a/b", "event: a/b\n"),
    (.topic, "bridge.close", ""), (.topic, "\nbridge.close", ""), (.topic, "bri\rdge.close", ""),
    (.topic, "bridge.\u{301}", ""),
    (.topic, "a\nid: 1\r\nb", "event: aid: 1b\n"), (.fixed("temp"), "a", "event: temp\n"),
  ])
  func `an event has the name that was asked for`(
    name: Representation.EventName, topic: String, field: String
  ) {
    let representation = Representation(envelope: .none, event: name)
    #expect(render([0x78], topic: topic, representation) == field + "data: x\n\n")
  }

  @Test func `events of the bridge have a name, data and perhaps a pause`() {
    func text(_ event: String, retry: Int?) -> String {
      let bytes = MessageRenderer.control(event, .object([.init("a", .null)]), retry: retry)
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(text("bridge.x", retry: nil) == "event: bridge.x\ndata: {\"a\":null}\n\n")
    #expect(text("bridge.x", retry: 7) == "retry: 7\nevent: bridge.x\ndata: {\"a\":null}\n\n")
  }

  @Test func `the pause before a reconnect is spread`() {
    let pauses = (0..<1000).map { _ in StreamFrames.jitteredRetry(around: 2000) }
    #expect(pauses.allSatisfy { (1000...3000).contains($0) })
    #expect(Set(pauses).count > 100)
  }
}
