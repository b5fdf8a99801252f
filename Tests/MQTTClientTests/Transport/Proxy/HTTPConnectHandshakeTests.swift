import MQTTClient
import Testing

@Suite struct HTTPConnectHandshakeTests {
  private func run(_ answer: String, pieces: Int) throws(ProxyFailure) -> ProxyProgress {
    var handshake = HTTPConnectHandshake(host: "b", port: 1, username: nil, password: nil)
    _ = try handshake.start()
    var output: [UInt8] = []
    var rest = Array(answer.utf8)[...]
    while !rest.isEmpty {
      let progress = try handshake.received(rest.prefix(pieces), &output)
      rest = rest.dropFirst(pieces)
      #expect(output.isEmpty)
      if case .open(let early) = progress { return .open(rest: early + rest) }
    }
    return .pending
  }

  @Test(arguments: [
    ("broker", "broker:8883"), ("::1", "[::1]:8883"),
  ])
  func `the request names the broker`(host: String, authority: String) throws {
    var handshake = HTTPConnectHandshake(host: host, port: 8883, username: nil, password: nil)
    let request = "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\r\n"
    #expect(try handshake.start() == Array(request.utf8))
  }

  @Test func `user name and password go by Basic authentication`() throws {
    var handshake = HTTPConnectHandshake(
      host: "b", port: 1, username: "Aladdin", password: "open sesame")
    let text = String(decoding: try handshake.start(), as: UTF8.self)
    #expect(text.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"))
  }

  @Test func `a user name with a colon cannot be sent`() {
    var handshake = HTTPConnectHandshake(host: "b", port: 1, username: "a:b", password: "secret")
    let error = #expect(throws: ProxyFailure.self) { try handshake.start() }
    #expect(error?.description.contains("secret") == false)
  }

  @Test(arguments: [1, 2, 3, 7, 1000])
  func `what follows the answer belongs to the broker`(pieces: Int) throws {
    let answer = "HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\nMQTT!"
    #expect(try run(answer, pieces: pieces) == .open(rest: Array("MQTT!".utf8)[...]))
    #expect(try run("HTTP/1.0 204\r\n\r\n", pieces: pieces) == .open(rest: []))
    #expect(try run(String(answer.prefix(40)), pieces: pieces) == .pending)
  }

  @Test(
    arguments: [
      (
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        .authenticationRequired("407 Proxy Authentication Required")
      ),
      ("HTTP/1.1 403 Forbidden\r\n\r\n", .refused("403 Forbidden")),
      ("HTTP/1.1 502\r\n\r\n", .refused("502")),
      ("HTTP/1.1 301 Moved\r\nLocation: x\r\n\r\n", .refused("301 Moved")),
    ] as [(String, ProxyFailure)], [1, 1000])
  func `a refusal says why`(answer: (String, ProxyFailure), pieces: Int) {
    #expect(throws: answer.1) { try run(answer.0, pieces: pieces) }
    #expect(answer.1.description.hasPrefix("the proxy "))
  }

  @Test(arguments: [
    "SSH-2.0-x\r\n\r\n", "HTTP/2 200\r\n\r\n", "\u{0}\r\n\r\n", "HTTP/1.1 2 OK\r\n\r\n",
  ])
  func `other protocols are malformed`(answer: String) throws {
    let error = #expect(throws: ProxyFailure.self) { try run(answer, pieces: 1000) }
    guard case .malformed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `an endless head is refused`() {
    let answer = "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 10_000)
    #expect(throws: ProxyFailure.self) { try run(answer, pieces: 1000) }
  }
}
