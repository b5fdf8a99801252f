import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  /// Requests in which a proxy before us could see others than we do.
  @Suite struct AmbiguousRequestTests {
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func post(_ fields: String, _ body: String, version: String = "1.1") -> String {
      "POST /first HTTP/\(version)\r\nHost: h\r\n\(fields)\r\n\(body)"
    }

    /// Heads that tell the length of the body in a way that somebody may read differently.
    private static let heads: [String] = [
      post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
      post("Content-Length: 0\r\nContent-Length: 38\r\n", ""),
      post("Content-Length: 0, 38\r\n", ""),
      post("Content-Length: +0\r\n", ""),
      post("Content-Length: -0\r\n", ""),
      post("Content-Length: 0x0\r\n", ""),
      post("Content-Length: 0 0\r\n", ""),
      post("Content-Length: \r\n", ""),
      post("Content-Length: 18446744073709551616\r\n", ""),
      post("Content-Length : 38\r\n", ""),
      post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: identity\r\n", ""),
      post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding:\u{0B}chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", version: "1.0"),
      post("X: a\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      post("No colon here\r\n", ""),
    ]

    /// Chunks that somebody may end elsewhere.
    private static let bodies: [String] = [
      post("Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "+0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "-1\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "1\r\nxx\r\n0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "1\r\nx0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "1\rx\r\n0\r\n\r\n"),
    ]

    @Test(arguments: heads)
    func `an ambiguous head is refused at once, and nothing behind it is served`(
      head: String
    ) throws {
      let said = try answer(to: head)
      #expect(said.hasPrefix("HTTP/1.1 4"), "\(said)")
      // Nothing was waited for.
      #expect(!said.hasPrefix("HTTP/1.1 408"), "\(said)")
    }

    @Test(arguments: bodies)
    func `an ambiguous body is refused or closed, and nothing behind it is served`(
      body: String
    ) throws {
      _ = try answer(to: body)
    }

    /// What is said to this and a request behind it, which must not be seen.
    private func answer(to shape: String) throws -> String {
      let application = try TestApplication(admission: { _ in .accept(bodyLimit: 1000) }) {
        .respond(.text("\($0.head.path) \($0.body.count)"))
      }
      var said = ""
      try withServer(application, { $0.requestTimeout = .milliseconds(300) }) { server in
        let client = try TestClient(port: server.port)
        client.send(shape + Self.smuggled)
        #expect(try client.isClosedByServer())
        said = String(decoding: client.received, as: UTF8.self)
        #expect(!said.contains("/smuggled"), "\(said)")
        #expect(!said.contains("HTTP/1.1 200"), "\(said)")
        let polite = try TestClient(port: server.port)
        polite.get("/next")
        #expect(try polite.readAnswer().body == "/next 0")
      }
      return said
    }

    @Test(arguments: [
      "GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
    ])
    func `a request needs one Host`(text: String) throws {
      let application = try TestApplication { _ in .respond(.text("fine")) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.send(text)
        #expect(try client.readAnswer().status == 400)
        #expect(try client.isClosedByServer())
      }
    }
  }
}
