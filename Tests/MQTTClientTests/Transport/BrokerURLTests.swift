import Testing

@testable import MQTTClient

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

  @Test(
    arguments: [
      ("mqtt://h", .mqtt, "h", 1883, ""), ("tcp://h", .mqtt, "h", 1883, ""),
      ("mqtts://h", .mqtts, "h", 8883, ""), ("ssl://h:1", .mqtts, "h", 1, ""),
      ("TLS://h", .mqtts, "h", 8883, ""), ("ws://h", .ws, "h", 80, "/mqtt"),
      ("ws://h/", .ws, "h", 80, "/"), ("wss://h/a/b%20c", .wss, "h", 443, "/a/b%20c"),
      ("ws://h?x=1&x=2&y", .ws, "h", 80, "/mqtt?x=1&x=2&y"),
      ("ws://h/p?x=%zz&keep_alive=5", .ws, "h", 80, "/p?x=%zz"),
      ("unix:///run/m.sock", .unix, "", 0, "/run/m.sock"),
      ("mqtt+unix:///a%20b", .unix, "", 0, "/a b"), ("unix:///@name", .unix, "", 0, "@name"),
      ("unix://ann:pw@/s?keep_alive=5", .unix, "", 0, "/s"),
      ("mqtt+srv://example.org", .mqttService, "example.org", 0, ""),
      ("mqtts+srv://example.org/", .mqttsService, "example.org", 0, ""),
    ] as [(String, BrokerURL.Scheme, String, UInt16, String)])
  func `every scheme has its port and path`(
    text: String, scheme: BrokerURL.Scheme, host: String, port: UInt16, path: String
  ) throws {
    let url = try BrokerURL(text)
    #expect(url.scheme == scheme && url.host == host && url.port == port && url.path == path)
    #expect(try BrokerURL("\(url)").scheme == scheme)
  }

  @Test(
    arguments: [
      ("unix://", .missingPath), ("unix:///", .missingPath), ("unix:///@", .missingPath),
      ("unix://host/s", .invalidHost), ("unix:///a%00b", .invalidPath),
      ("unix:///%ff", .invalidPath), ("unix:///a%2", .invalidPath),
      ("unix:///" + String(repeating: "a", count: 107), .pathTooLong),
      ("unix://a%:@/s", .invalidCredentials), ("ws://h/a b", .invalidPath),
      ("ws://h/ä", .invalidPath), ("ws://h/#f", .unexpectedFragment),
      ("mqtt+srv://h:1883", .unexpectedPort), ("mqtt+srv://h:x", .unexpectedPort),
      ("mqtt://h?keep_alive=5&keep_alive=5", .duplicateItem("keep_alive")),
      ("ws://h?keep_alive=5&keep_alive=5", .duplicateItem("keep_alive")),
      ("mqtt://h?secret%20word=1", .unknownItem("secret_word")), ("mqtt://h?%zz=1", .invalidQuery),
      ("mqtt://h?client_id=%f", .invalidQuery),
      (
        "mqtt://h?dscp=64", .invalidItem("dscp", expected: "a whole number from 0 to 63")
      ),
    ] as [(String, BrokerURLError)])
  func `what a scheme cannot have is refused`(text: String, error: BrokerURLError) {
    #expect(throws: error) { try BrokerURL(text) }
  }

  @Test func `a service is asked for by its name in DNS`() throws {
    #expect(try BrokerURL("mqtt+srv://a.b").serviceName == "_mqtt._tcp.a.b")
    #expect(try BrokerURL("mqtts+srv://a.b").serviceName == "_secure-mqtt._tcp.a.b")
  }

  @Test func `the query does not show in any description`() throws {
    let url = try BrokerURL("ws://h/p?token=secret&tls_key_password=secret&ws_header=a:secret")
    var dumped = ""
    dump(url, to: &dumped)
    for text in ["\(url)", String(reflecting: url), dumped] { #expect(!text.contains("secret")) }
    #expect("\(url)" == "ws://h:80/p")
    #expect(url.itemNames == ["tls_key_password", "ws_header"])
  }
}
