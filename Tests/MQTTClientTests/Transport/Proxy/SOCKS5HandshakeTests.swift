import MQTTClient
import Testing

@Suite struct SOCKS5HandshakeTests {
  private static let request: [UInt8] = [5, 1, 0, 3, 1, 98, 0x22, 0xB3]

  /// Says the answers byte by byte or whole; returns everything that was said to the proxy.
  private func run(
    _ answers: [UInt8], name: String? = nil, password: String? = nil, host: String = "b",
    pieces: Int = 1000
  ) throws(ProxyFailure) -> (said: [UInt8], rest: Bytes?) {
    var handshake = SOCKS5Handshake(host: host, port: 8883, username: name, password: password)
    var said = try handshake.start()
    var bytes = answers[...]
    while !bytes.isEmpty {
      let progress = try handshake.received(bytes.prefix(pieces), &said)
      bytes = bytes.dropFirst(pieces)
      if case .open(let rest) = progress { return (said, rest + bytes) }
    }
    return (said, nil)
  }

  @Test(arguments: [1, 2, 5, 1000])
  func `without credentials the name of the broker goes to the proxy`(pieces: Int) throws {
    let (said, rest) = try run([5, 0, 5, 0, 0, 1, 1, 2, 3, 4, 0, 9, 77, 78], pieces: pieces)
    #expect(said == [5, 1, 0] + Self.request)
    #expect(rest == [77, 78])
  }

  @Test(arguments: [1, 3, 1000])
  func `credentials go when the proxy wants them`(pieces: Int) throws {
    let answers: [UInt8] = [5, 2, 1, 0, 5, 0, 0, 4] + [UInt8](repeating: 0, count: 18)
    let (said, rest) = try run(answers, name: "ann", password: "pw", pieces: pieces)
    let login: [UInt8] = [1, 3] + Array("ann".utf8) + [2] + Array("pw".utf8)
    #expect(said == [5, 2, 0, 2] + login + Self.request)
    #expect(rest == [])
    let (spared, _) = try run([5, 0], name: "ann", password: "pw")
    #expect(spared == [5, 2, 0, 2] + Self.request)
  }

  @Test func `addresses in digits go as such`() throws {
    let (four, _) = try run([5, 0], host: "10.0.0.1")
    #expect(Array(four.dropFirst(3)) == [5, 1, 0, 1, 10, 0, 0, 1, 0x22, 0xB3])
    let (six, _) = try run([5, 0], host: "::1")
    let address = [UInt8](repeating: 0, count: 15) + [1]
    #expect(Array(six.dropFirst(3)) == [5, 1, 0, 4] + address + [0x22, 0xB3])
  }

  @Test func `an answer with a name of any length is read to its end`() throws {
    for count in [0, 1, 255] {
      let answers: [UInt8] =
        [5, 0, 5, 0, 0, 3, UInt8(count)] + [UInt8](repeating: 65, count: count) + [0, 1, 42]
      #expect(try run(answers).rest == [42])
    }
  }

  @Test(
    arguments: [
      ([5, 0xFF], .noAcceptableMethod), ([5, 2, 1, 1], .credentialsRejected),
      ([5, 0, 5, 2, 0], .socksReply(2)), ([5, 0, 5, 5], .socksReply(5)),
    ] as [([UInt8], ProxyFailure)])
  func `a refusal says why`(answers: [UInt8], failure: ProxyFailure) {
    #expect(throws: failure) { try run(answers, name: "a", password: "b") }
  }

  @Test(arguments: [
    [4, 0], [5, 1], [5, 9], [5, 0, 4], [5, 2, 5, 0], [5, 0, 5, 0, 0, 9, 0, 0],
  ])
  func `other words are malformed`(answers: [UInt8]) {
    let error = #expect(throws: ProxyFailure.self) { try run(answers, name: "a", password: "b") }
    guard case .malformed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a method that was not offered is not used`() {
    #expect(throws: ProxyFailure.self) { try run([5, 2]) }
  }

  @Test func `what does not fit into the protocol is not sent`() {
    let long = String(repeating: "x", count: 256)
    for (name, password, host) in [(long, "p", "b"), ("n", long, "b"), ("", "p", "b")] {
      #expect(throws: ProxyFailure.self) {
        try run([], name: name, password: password, host: host)
      }
    }
    #expect(throws: ProxyFailure.self) { try run([5, 0], host: long) }
  }

  @Test func `every reply code has words`() {
    var words: Set<String> = []
    for code in UInt8(1)...10 { words.insert(ProxyFailure.socksReply(code).description) }
    #expect(words.count == 10)
  }
}
