import EventLoop
import MQTTClient
import TestSupport
import Testing
import WebSocketProtocol

/// The handshake over a real connection, and the servers that refuse it.
@Suite struct WebSocketOpeningTests {
  /// Answers one request with these bytes and ends; returns the error of the attempt.
  private static func failure(
    _ answer: String, _ change: (inout WebSocketRequest) -> Void = { _ in }
  ) throws -> WebSocketFailure? {
    let listener = try LoopbackListener()
    listener.answer(Array(answer.utf8))
    let lower = try NarrowTransport(port: listener.port, bytesMax: .max)
    var request = WebSocketRequest(host: "127.0.0.1", port: listener.port)
    change(&request)
    let transport = WebSocketTransport(
      over: lower, request: request, options: WebSocketOptions())
    do {
      _ = try eventually { try transport.advance() }
    } catch TransportError.webSocket(let failure) {
      return failure
    }
    return nil
  }

  @Test(
    arguments: [
      (
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n", 401,
        "the server refuses the WebSocket: 401 Unauthorized"
      ),
      (
        "HTTP/1.1 302 Found\r\nLocation: wss://b.example/ws?sig=secret\r\n\r\n", 302,
        "the server redirects the WebSocket (302) to wss://b.example/ws"
      ),
      (
        "HTTP/1.1 404 Not Found\r\n\r\n<html>", 404,
        "the server refuses the WebSocket: 404 Not Found"
      ),
      ("\u{20}\u{2}\r\n", nil, "the peer does not speak HTTP/1.1"),
      ("HTTP/1.1 101", nil, "the server closed the connection during the WebSocket handshake"),
      (
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Accept: x\r\n\r\n", nil,
        "the server's Sec-WebSocket-Accept does not fit the request"
      ),
      (
        "HTTP/1.1 101 \(String(repeating: "x", count: 20_000))\r\n\r\n", nil,
        "the HTTP head is longer than 16384 bytes"
      ),
    ] as [(String, Int?, String)])
  func `a refusal says what the server said`(answer: String, status: Int?, text: String) throws {
    let failure = try #require(try Self.failure(answer))
    #expect(failure.description == text && failure.httpStatus == status)
  }

  @Test func `a request that cannot be sent is refused before anything is`() throws {
    let line = try Self.failure("") { $0.headers = [HTTPHeader("Cookie", "a=secret\r\nX: y")] }
    #expect(
      line?.description == "the HTTP field Cookie has a name or value that cannot be sent")
    let path = try Self.failure("") { $0.path = "/a b" }
    #expect(
      path?.description == "the host, port, path or query cannot be sent in an HTTP request")
    let host = try Self.failure("") { $0.headers = [HTTPHeader("host", "x")] }
    #expect(host?.description == "the header host belongs to the WebSocket handshake itself")
  }

  @Test func `the request has the path, the query and the headers`() throws {
    var options = WebSocketOptions()
    options.headers = [HTTPHeader("Authorization", "Bearer t")]
    let rig = try WebSocketRig(options, path: "/ws?X-Amz-Signature=a%2Bb")
    #expect(rig.peer.request?.target == "/ws?X-Amz-Signature=a%2Bb")
    #expect(rig.peer.request?.fields["Authorization"] == "Bearer t")
    #expect(rig.peer.request?.fields["Host"]?.hasPrefix("127.0.0.1:") == true)
  }

  @Test func `what comes right behind the response is not lost`() throws {
    let listener = try LoopbackListener()
    let lower = try NarrowTransport(port: listener.port, bytesMax: .max)
    let transport = WebSocketTransport(
      over: lower, request: WebSocketRequest(host: "a", port: listener.port),
      options: WebSocketOptions())
    let socket = try listener.accept()
    #expect(try eventually { try transport.advance() || !transport.needs.contains(.writable) })
    let peer = try HeldAnswer(socket)
    try peer.send(followedBy: [0x82, 2, 0xD0, 0])
    #expect(try eventually { try transport.advance() })
    #expect(transport.holdsInput)
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(try transport.receive(into: &buffer) == .bytes(2))
    #expect(buffer.prefix(2) == [0xD0, 0])
  }

  @Test(arguments: [
    ("broker", UInt16(80), false, "broker"), ("broker", 443, true, "broker"),
    ("broker", 443, false, "broker:443"), ("::1", 8080, false, "[::1]:8080"),
  ])
  func `the header Host leaves out the default port`(
    host: String, port: UInt16, isSecure: Bool, text: String
  ) {
    #expect(WebSocketRequest(host: host, port: port, isSecure: isSecure).authority == text)
  }

  @Test func `no description shows a header's value or a query`() {
    var options = WebSocketOptions()
    options.headers = [HTTPHeader("Authorization", "secret")]
    options.path = "/mqtt?token=secret"
    let request = WebSocketRequest(
      host: "broker", port: 443, path: "/mqtt?token=secret", headers: options.headers,
      isSecure: true)
    for value in [options, request, options.headers] as [Any] {
      var dumped = ""
      dump(value, to: &dumped)
      let texts = ["\(value)", String(reflecting: value), dumped]
      #expect(texts.allSatisfy { !$0.contains("secret") }, "\(texts)")
      #expect(texts.allSatisfy { !$0.isEmpty })
    }
    #expect("\(request)" == "wss://broker/mqtt")
  }
}
