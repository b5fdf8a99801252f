import Testing

@testable import MQTTClient

@Suite struct ServerReferenceTests {
  @Test(arguments: [
    ("broker.example.org", "broker.example.org"), ("Broker:1884", "broker:1884"),
    ("10.0.0.1:1883", "10.0.0.1:1883"), ("[::1]:1883", "[::1]:1883"), ("[FE80::1]", "[fe80::1]"),
    ("mqtt://a", "mqtt://a"), ("tcp://a:1", "mqtt://a:1"), ("MQTTS://a:8883/", "mqtts://a:8883"),
    ("ssl://a", "mqtts://a"), ("ws://a/mqtt?x=1", "ws://a/mqtt?x=1"),
    ("wss://[::1]:443/", "wss://[::1]:443/"),
    ("_mqtt._tcp.example.org", "_mqtt._tcp.example.org"),
  ]) func `every form of a reference is read`(text: String, meaning: String) {
    #expect(ServerReference(text)?.description == meaning)
  }

  @Test(arguments: [
    "", ":1883", "a:", "a:0", "a:65536", "a:1x", "a:-1", "a:+1", "a b", "a/b", "mqtt://a/b",
    "http://a", "//a",
    "user@a", "mqtt://u:p@a", "[::1", "[::1]x", "[a]", "::1", "a:1:2", "ws://a/b#c",
    "ws://a/\u{7f}",
    "mqtt://", "ws:///x", "ä", "mqtt:a", String(repeating: "a", count: 254),
  ]) func `what is no reference is refused`(text: String) {
    #expect(ServerReference(text) == nil)
  }

  @Test func `a list keeps its order, leaves out what is none, and is bounded`() {
    let list = ServerReference.list("a:1  http://x [::1]:2 ws://b/p ")
    #expect(list.map(\.description) == ["a:1", "[::1]:2", "ws://b/p"])
    let many = (1...100).map { "a:\($0)" }.joined(separator: " ")
    #expect(ServerReference.list(many).count == 16)
  }

  @Test(arguments: [
    ("mqtt://origin:1", "b:2", "mqtt://b:2"), ("mqtt://origin:1", "b", "mqtt://b:1883"),
    ("mqtts://origin", "b", "mqtts://b:8883"), ("wss://origin/p", "b:9", "wss://b:9/p"),
    ("wss://origin/p", "wss://b/q", "wss://b:443/q"),
    ("mqtt://origin", "mqtts://[::1]", "mqtts://[::1]:8883"),
    ("mqtt://origin", "_mqtt._tcp.b.org", "mqtt+srv://b.org"),
    ("mqtts://origin", "_secure-mqtt._tcp.b.org", "mqtts+srv://b.org"),
    ("mqtts+srv://origin", "b", "mqtts://b:8883"), ("unix:///tmp/x", "b", "mqtt://b:1883"),
    ("mqtts://origin", "wss://b/p", "wss://b:443/p"),
  ]) func `a reference leaves open what stays as it was`(
    origin: String, reference: String, url: String
  ) throws {
    let reference = try #require(ServerReference(reference))
    #expect(try reference.url(from: BrokerURL(origin)) == BrokerURL(url))
  }

  @Test(arguments: ["mqtt://b", "ws://b", "_mqtt._tcp.b.org"])
  func `nobody is sent away from TLS to a way without it`(text: String) throws {
    let reference = try #require(ServerReference(text))
    for origin in ["mqtts://origin", "wss://origin", "mqtts+srv://origin"] {
      #expect(try reference.url(from: BrokerURL(origin)) == nil)
    }
  }
}
