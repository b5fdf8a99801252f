import EventLoop
import HTTPFront
import TestSupport

/// The http thread: frames to streams, and requests.
let hubCases = [
  MicroCase("broadcast-delivery") { count in
    let open = try OpenServer()
    try open.deliver(count, groups: 1)
  },
  MicroCase("single-delivery") { count in
    let open = try OpenServer()
    try open.deliver(count, groups: OpenServer.streams)
  },
  MicroCase("publish-request") { count in
    let open = try OpenServer()
    try open.post(count)
  },
]

/// Answers every request with 202, or with a stream when it is a GET.
private final class Application: HTTPApplication {
  let opened: Mailbox<StreamID>

  init() throws { opened = try Mailbox(capacity: 1) }

  func admit(_ head: RequestHead) -> Admission { .accept(bodyLimit: 1 << 20) }

  func handle(_ request: Request) -> Answer {
    guard request.head.method == "GET" else { return .respond(Response(status: 202)) }
    opened.sendReserved(request.id.stream)
    return .stream(
      StreamHead(
        headers: ["Content-Type": "text/event-stream"], heartbeat: Frame(": hb\n\n"),
        heartbeatInterval: .seconds(3600), writeStallLimit: .seconds(3600)))
  }

  func deadlineReached(_ id: RequestID) -> Response? { nil }
  func clientLeft(_ id: RequestID) {}
  func streamClosed(_ id: StreamID, reason: StreamEnd) {}
  func gapFrame(for id: StreamID, missed: Int) -> Frame? { nil }
  func closingFrame(for id: StreamID) -> Frame? { nil }
  func report(_ fact: HTTPServerFact) {}
}

/// A server with one thread, and its clients.
private final class OpenServer {
  static let streams = 100
  private let application: Application
  private let server: HTTPServer
  private let text = [UInt8](repeating: UInt8(ascii: "x"), count: 160)

  init() throws {
    application = try Application()
    server = try HTTPServer(options: HTTPServerOptions(), application: application)
    try server.start()
  }

  deinit {
    server.stop(deadline: .seconds(1))
    server.join()
  }

  /// So many deliveries to a hundred streams: a frame for all of them, or one for each.
  func deliver(_ count: Int, groups: Int) throws {
    var clients: [LoopbackSocket] = []
    for number in 0..<Self.streams {
      let client = try LoopbackSocket(port: UInt16(server.port))
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      application.opened.wait()
      var ids: [StreamID] = []
      _ = application.opened.receive(into: &ids)
      let group = GroupID(number % groups + 1)
      for id in ids {
        try expect(server.send([.join(id, group), .start(id, Frame("open"))], toShard: 0), "full")
      }
      // The head ends with an empty line, and the first chunk follows.
      var head = ""
      while !head.contains("open") { head += String(decoding: try client.next(), as: UTF8.self) }
      clients.append(client)
    }
    let size = Frame(text).chunkBytes
    for _ in stride(from: 0, to: count, by: Self.streams) {
      for group in 1...groups {
        let command = StreamCommand.append(Frame(text), groups: [GroupID(group)])
        try expect(server.send([command], toShard: 0), "full")
      }
      for client in clients { _ = try client.receive(exactly: size, within: .seconds(60)) }
    }
  }

  /// So many requests, one after the other.
  func post(_ count: Int) throws {
    let client = try LoopbackSocket(port: UInt16(server.port))
    let request =
      Array(
        "POST /publish?topic=a/b HTTP/1.1\r\nHost: h\r\nContent-Length: \(text.count)\r\n\r\n".utf8)
      + text
    for _ in 0..<count {
      try client.send(request)
      let answer = try client.next()
      try expect(answer.starts(with: "HTTP/1.1 202".utf8), "another answer")
    }
  }
}

extension LoopbackSocket {
  /// What comes next.
  fileprivate func next() throws -> [UInt8] {
    guard let bytes = try receive(until: Deadline(after: .seconds(60))), !bytes.isEmpty else {
      throw MicroFailure("the server closed the connection")
    }
    return bytes
  }
}

extension Frame {
  /// Its size with the chunked framing: the length in hexadecimal digits, and two line ends.
  fileprivate var chunkBytes: Int { String(count, radix: 16).utf8.count + 2 + count + 2 }
}
