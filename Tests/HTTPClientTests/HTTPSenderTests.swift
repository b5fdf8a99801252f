import EventLoop
import Foundation
import HTTPClient
import Testing
import TestSupport

@Suite struct HTTPSenderTests {
  /// Sends one request and waits for its end.
  private func outcome(_ request: OutgoingRequest) throws -> RequestOutcome {
    let sender = try HTTPSender()
    let mailbox = try Mailbox<Int>(capacity: 1)
    sender.send(request, id: 7)
    var found: RequestOutcome?
    let deadline = Deadline(after: .seconds(30))
    while found == nil, !deadline.hasPassed {
      sender.turn(waitingFor: mailbox.descriptor, atMost: .seconds(1)) { id, outcome in
        #expect(id == 7)
        found = outcome
      }
    }
    return try #require(found)
  }

  private func request(_ url: String, _ change: (inout OutgoingRequest) -> Void = { _ in })
    -> OutgoingRequest
  {
    var request = OutgoingRequest(
      method: "POST", url: url, fields: [.init("X-A", "1"), .init("Content-Type", "text/plain")],
      body: Array("hello".utf8), terms: RequestTerms())
    change(&request)
    return request
  }

  @Test(arguments: ["POST", "PUT", "PATCH"])
  func `a request arrives as it was given`(method: String) throws {
    let receiver = try HTTPReceiver()
    let sent = request(receiver.url + "?a=b") { $0.method = method }
    #expect(try outcome(sent) == .answered(ReceivedAnswer(status: 204)))
    let received = try #require(receiver.received.first)
    #expect(received.method == method && received.path == "/hook?a=b" && received.text == "hello")
    #expect(received.header("X-A") == "1" && received.header("Content-Type") == "text/plain")
    #expect(received.header("Expect") == nil && received.header("Content-Length") == "5")
  }

  @Test func `a body may be large, binary or empty`() throws {
    let receiver = try HTTPReceiver()
    for body in [[], [0, 255, 10, 0], Array(repeating: 7, count: 3 << 20)] as [[UInt8]] {
      let answer = try outcome(request(receiver.url) { $0.body = body })
      #expect(answer == .answered(ReceivedAnswer(status: 204)))
      #expect(receiver.received.last?.body == body)
    }
  }

  @Test func `of an answer the status, the first bytes and Retry-After count`() throws {
    let long = String(repeating: "x", count: 5000)
    let receiver = try HTTPReceiver { _, _ in
      .init(503, headers: [("Retry-After", "17")], body: long)
    }
    let answer = ReceivedAnswer(
      status: 503, retryAfter: .seconds(17), beginning: Array(long.utf8.prefix(512)))
    #expect(try outcome(request(receiver.url)) == .answered(answer))
  }

  @Test func `an endless body is cut, and its status counts`() throws {
    let receiver = try HTTPReceiver { _, _ in
      .init(200, body: String(repeating: "x", count: 4 << 20))
    }
    guard case .answered(let answer) = try outcome(request(receiver.url)) else {
      Issue.record("no answer")
      return
    }
    #expect(answer.status == 200 && answer.beginning.count == 512)
  }

  @Test func `a sink gets a body of any length, and may end it`() throws {
    let receiver = try HTTPReceiver { _, _ in
      .init(201, body: String(repeating: "x", count: 4 << 20))
    }
    for limit in [Int.max, 1] {
      let sender = try HTTPSender()
      var count = 0
      var statuses: Set<Int> = []
      sender.send(request(receiver.url), id: 1) { status, piece in
        count += piece.count
        statuses.insert(status)
        return count < limit
      }
      var found: RequestOutcome?
      let deadline = Deadline(after: .seconds(30))
      while found == nil, !deadline.hasPassed { sender.turn(atMost: .seconds(1)) { found = $1 } }
      guard case .answered(let answer)? = found else {
        Issue.record("no answer: \(String(describing: found))")
        return
      }
      #expect(answer.status == 201 && statuses == [201])
      #expect(limit == 1 ? count < 4 << 20 : count == 4 << 20)
    }
  }

  @Test func `a redirect is an answer and not followed`() throws {
    let receiver = try HTTPReceiver { _, _ in .init(307, headers: [("Location", "/other")]) }
    #expect(try outcome(request(receiver.url)) == .answered(ReceivedAnswer(status: 307)))
    #expect(receiver.received.count == 1)
  }

  @Test func `nobody who listens, a hang-up and silence are failures in words`() throws {
    let port = try FreePort.next()
    guard case .failed(let refused) = try outcome(request("http://127.0.0.1:\(port)/")) else {
      Issue.record("no failure")
      return
    }
    #expect(refused.contains("connect"))
    let rude = try HTTPReceiver { _, _ in .hangUp }
    guard case .failed = try outcome(request(rude.url)) else {
      Issue.record("no failure")
      return
    }
    let silent = try LoopbackListener()
    let slow = request("http://127.0.0.1:\(silent.port)/") {
      $0.terms.timeout = .milliseconds(50)
    }
    guard case .failed(let late) = try outcome(slow) else {
      Issue.record("no failure")
      return
    }
    #expect(late.contains("timed out"))
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
  func `only HTTP is spoken`(url: String) throws {
    guard case .failed(let words) = try outcome(request(url)) else {
      Issue.record("no failure")
      return
    }
    #expect(words.contains("not supported"))
  }

  @Test func `a proxy counts only when it is asked for`() throws {
    let proxy = try HTTPReceiver()
    unsafe setenv("http_proxy", "http://127.0.0.1:\(proxy.port)", 1)
    defer { unsafe unsetenv("http_proxy") }
    let receiver = try HTTPReceiver()
    _ = try outcome(request(receiver.url))
    #expect(receiver.received.count == 1 && proxy.received.isEmpty)
    _ = try outcome(
      request(receiver.url) { $0.terms.proxy = "http://127.0.0.1:\(proxy.port)" })
    #expect(receiver.received.count == 1 && proxy.received.count == 1)
  }

  @Test func `many requests are on their way at once`() throws {
    let receiver = try HTTPReceiver { _, _ in .init(200) }
    let sender = try HTTPSender()
    let mailbox = try Mailbox<Int>(capacity: 1)
    for id in 0..<50 { sender.send(request(receiver.url), id: UInt64(id)) }
    var ended: Set<UInt64> = []
    let deadline = Deadline(after: .seconds(30))
    while ended.count < 50, !deadline.hasPassed {
      sender.turn(waitingFor: mailbox.descriptor, atMost: .seconds(1)) { id, _ in
        ended.insert(id)
      }
    }
    #expect(ended.count == 50 && sender.count == 0)
  }

  @Test func `a message in the mailbox ends the wait`() throws {
    let sender = try HTTPSender()
    let mailbox = try Mailbox<Int>(capacity: 1)
    #expect(mailbox.send(1))
    sender.turn(waitingFor: mailbox.descriptor, atMost: nil) { _, _ in }
    var messages: [Int] = []
    _ = mailbox.receive(into: &messages)
    #expect(messages == [1])
  }
}

extension HTTPSenderTests {
  @Test func `a certificate must be that of the receiver, from an authority that counts`() throws {
    let receiver = try HTTPReceiver()
    let front = try TLSFront(to: receiver.port)
    let files = try TestCertificates.shared()
    for authorities in [nil, files.path("other.pem")] {
      let distrusted = request("https://localhost:\(front.port)/") {
        $0.terms.authorities = authorities
      }
      guard case .failed(let words) = try outcome(distrusted) else {
        Issue.record("no failure")
        return
      }
      #expect(words.contains("certificate"), "\(words)")
    }
    let trusted = request("https://localhost:\(front.port)/") {
      $0.terms.authorities = files.path("ca.pem")
    }
    #expect(try outcome(trusted) == .answered(ReceivedAnswer(status: 204)))
    #expect(receiver.received.map(\.text) == ["hello"])
    let misnamed = request("https://127.0.0.2:\(front.port)/") {
      $0.terms.authorities = files.path("ca.pem")
    }
    guard case .failed = try outcome(misnamed) else {
      Issue.record("no failure")
      return
    }
  }
}
