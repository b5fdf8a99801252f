import MQTTClient
import Testing

@Suite struct BrokerURLTests {
  @Test(
    arguments: [
      ("mqtt://broker", "broker", 1883), ("mqtt://broker:1884", "broker", 1884),
      ("tcp://10.0.0.1:65535/", "10.0.0.1", 65535), ("MQTT://[::1]", "::1", 1883),
      ("mqtt://[fe80::1%eth0]:1", "fe80::1%eth0", 1),
      ("mqtt://a_b.example-1.org", "a_b.example-1.org", 1883),
    ] as [(String, String, UInt16)])
  func `host and port are read`(text: String, host: String, port: UInt16) throws {
    let url = try BrokerURL(text)
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(url.username == nil && url.password == nil)
  }

  @Test(
    arguments: [
      ("mqtt://ann@h", "ann", nil), ("mqtt://ann:@h", "ann", ""), ("mqtt://:pw@h", nil, "pw"),
      ("mqtt://a%3Ab:p%40s%3As@h", "a:b", "p@s:s"), ("mqtt://ann:a:b@h", "ann", "a:b"),
      ("mqtt://%C3%A4:x@h", "ä", "x"), ("mqtt://ann:p@w@h", "ann", "p@w"),
    ] as [(String, String?, String?)])
  func `user name and password are percent-decoded`(
    text: String, name: String?, password: String?
  ) throws {
    let url = try BrokerURL(text)
    #expect(url.host == "h")
    #expect(url.username == name)
    #expect(url.password == password.map { Array($0.utf8)[...] })
  }

  @Test(
    arguments: [
      ("", .missingScheme), ("broker:1883", .missingScheme), ("://broker", .missingScheme),
      ("a:secret@b://c", .missingScheme), ("http://broker", .unknownScheme("http")),
      ("mqtt://", .missingHost), ("mqtt://ann@", .missingHost), ("mqtt://:1883", .missingHost),
      ("mqtt://a b", .invalidHost), ("mqtt://[::1", .invalidHost), ("mqtt://[abc]", .invalidHost),
      ("mqtt://[::1]x", .invalidHost), ("mqtt://::1", .missingHost), ("mqtt://a:1:2", .invalidPort),
      ("mqtt://[fe80::1%]", .invalidHost), ("mqtt://ünï", .invalidHost),
      ("mqtt://b:", .invalidPort), ("mqtt://b:0", .invalidPort), ("mqtt://b:65536", .invalidPort),
      ("mqtt://b:-1", .invalidPort), ("mqtt://b:+1", .invalidPort), ("mqtt://b:1x", .invalidPort),
      ("mqtt://a%:b@h", .invalidCredentials), ("mqtt://a%4@h", .invalidCredentials),
      ("mqtt://a:%zz@h", .invalidCredentials), ("mqtt://%ff@h", .invalidCredentials),
      ("mqtt://b/path", .unexpectedPath), ("mqtt://b?x=1", .unknownItem("x")),
      ("mqtt://b/#f", .unexpectedFragment),
    ] as [(String, BrokerURLError)])
  func `other texts are refused with a reason`(text: String, error: BrokerURLError) {
    #expect(throws: error) { try BrokerURL(text) }
    #expect(!error.description.isEmpty)
  }

  @Test func `no description shows user name or password`() throws {
    let url = try BrokerURL("mqtt://ann:secret@[::1]:1884")
    var dumped = ""
    dump(url, to: &dumped)
    dump([url], to: &dumped)
    for text in ["\(url)", String(reflecting: url), "\([url])", dumped] {
      #expect(!text.contains("secret") && !text.contains("ann"))
    }
    #expect("\(url)" == "mqtt://[::1]:1884")
    #expect("\(try BrokerURL("tcp://h"))" == "mqtt://h:1883")
  }

  @Test func `credentials of the URL count unless the session has its own`() throws {
    let url = try BrokerURL("mqtt://ann:secret@h")
    var session = SessionOptions(clientID: "c")
    #expect(ClientOptions(broker: url, session: session).session.username == "ann")
    #expect(
      ClientOptions(broker: url, session: session).session.password == Array("secret".utf8)[...])
    session.username = "bob"
    #expect(ClientOptions(broker: url, session: session).session.username == "bob")
    #expect(ClientOptions(broker: url, session: session).session.password == nil)
  }
}
