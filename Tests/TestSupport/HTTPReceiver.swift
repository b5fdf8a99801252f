import EventLoop
import Foundation

/// A small HTTP server on 127.0.0.1 that keeps what it receives and answers as it is told.
package final class HTTPReceiver: Sendable {
  /// A request as it came.
  package struct Received: Sendable {
    package let method: String
    package let path: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package func header(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// What it answers.
  package struct Reply: Sendable {
    package var status: Int
    package var headers: [(String, String)]
    package var body: String
    /// Ends the connection without an answer instead.
    package var hangsUp = false

    package init(_ status: Int, headers: [(String, String)] = [], body: String = "") {
      self.status = status
      self.headers = headers
      self.body = body
    }

    /// The connection ends without an answer.
    package static var hangUp: Self {
      var reply = Self(0)
      reply.hangsUp = true
      return reply
    }
  }

  package let port: UInt16
  private let requests = Locked<[Received]>([])
  private let isOver = Locked(false)
  private let reply: @Sendable (Received, _ index: Int) -> Reply

  package var url: String { "http://127.0.0.1:\(port)/hook" }

  /// Answers each request, the first of which has the index 0.
  ///
  /// The answer may block.
  package init(
    port: UInt16? = nil,
    _ reply: @escaping @Sendable (Received, Int) -> Reply = { _, _ in Reply(204) }
  ) throws {
    let listener = try LoopbackListener(port: port ?? FreePort.next())
    self.port = listener.port
    self.reply = reply
    // The listener lives as long as the thread.
    Thread.detachNewThread { [weak self] in
      while let socket = try? listener.accept(within: .seconds(600)) {
        guard let self, !self.isOver.withLock({ $0 }) else { return }
        self.serve(HandedOver(socket))
      }
    }
  }

  /// Takes no further connection and answers no further request.
  package func close() {
    guard !isOver.withLock({ exchange(&$0, with: true) }) else { return }
    _ = try? LoopbackSocket(port: port)
    _ = eventually { (try? FreePort.isFree(port)) == true }
  }

  deinit {
    isOver.withLock { $0 = true }
    _ = try? LoopbackSocket(port: port)
  }

  /// Everything so far, in the order in which it arrived.
  package var received: [Received] { requests.withLock { $0 } }

  /// Waits for so many requests.
  package func waitFor(_ count: Int, within limit: Duration = .seconds(30)) throws -> [Received] {
    guard eventually(within: limit, { received.count >= count }) else {
      throw TestFailure("only \(received.count) of \(count) requests came")
    }
    return received
  }

  /// Serves one connection on a thread of its own.
  private func serve(_ handed: HandedOver) {
    Thread.detachNewThread { [weak self] in
      let connection = HTTPTestConnection(handed.socket)
      while let request = try? Self.read(connection) {
        guard let self, let text = self.answer(request),
          (try? connection.socket.send(text)) != nil
        else { return connection.socket.close() }
      }
    }
  }

  /// The bytes of the answer; nil hangs up.
  private func answer(_ request: Received) -> String? {
    guard !isOver.withLock({ $0 }) else { return nil }
    let index = requests.withLock { requests in
      requests.append(request)
      return requests.count - 1
    }
    let reply = reply(request, index)
    guard !reply.hangsUp, !isOver.withLock({ $0 }) else { return nil }
    var text = "HTTP/1.1 \(reply.status) X\r\n"
    if reply.status != 204 { text += "Content-Length: \(reply.body.utf8.count)\r\n" }
    for (name, value) in reply.headers { text += "\(name): \(value)\r\n" }
    return text + "\r\n" + reply.body
  }

  private static func read(_ connection: HTTPTestConnection) throws -> Received {
    let deadline = Deadline(after: .seconds(600))
    let head = try connection.read(through: Array("\r\n\r\n".utf8), until: deadline)
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let first = lines[0].split(separator: " ")
    guard first.count == 3 else { throw TestFailure("not a request: \(lines[0])") }
    let headers = lines.dropFirst().map { line in
      let halves = line.split(separator: ":", maxSplits: 1)
      let value = halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : ""
      return (name: String(halves[0]), value: value)
    }
    let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap {
      Int($0.value)
    }
    let body = try connection.read(exactly: length ?? 0, until: deadline)
    return Received(
      method: String(first[0]), path: String(first[1]), headers: headers, body: body)
  }

  /// Carries a socket to the thread that owns it from then on.
  private final class HandedOver: @unchecked Sendable {
    let socket: LoopbackSocket
    init(_ socket: LoopbackSocket) { self.socket = socket }
  }
}
