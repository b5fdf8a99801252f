import EventLoop
import Glibc
import TestSupport

/// A blocking HTTP client on a bare socket, with a deadline on every read.
final class TestClient {
  struct Answer: Equatable {
    var status = 0
    var headers: [String: String] = [:]
    var body = ""
  }

  enum Failure: Error { case closed, timedOut, refused(Int32) }

  static let patience = Duration.seconds(10)

  let socket: Int32
  private(set) var received: [UInt8] = []
  private(set) var tls: TestTLS?

  init(port: Int, receiveBufferBytes: Int32? = nil, tls options: TestTLSOptions? = nil) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBufferBytes {
      unsafe setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(4))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure.refused(errno) }
    if let options { tls = try TestTLS(socket, options) }
  }

  /// Connects to a socket in the file system.
  init(path: String) throws {
    guard let address = UnixAddress(path) else { throw Failure.refused(EINVAL) }
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard address.connect(socket) == 0 else { throw Failure.refused(errno) }
  }

  deinit { close(socket) }

  /// Speaks TLS from now on.
  func startTLS(_ options: TestTLSOptions) throws { tls = try TestTLS(socket, options) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    if let tls {
      _ = tls.send(bytes)
      return
    }
    var offset = 0
    while offset < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.send(
          socket, buffer.baseAddress?.advanced(by: offset), bytes.count - offset,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      offset += count
    }
  }

  func get(_ target: String, headers: String = "") {
    send("GET \(target) HTTP/1.1\r\nHost: h\r\n\(headers)\r\n")
  }

  func post(_ target: String, _ body: String, headers: String = "") {
    send(
      "POST \(target) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n"
        + body)
  }

  func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

  /// Resets the connection instead of ending it.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(
      socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    let nothing = unsafe open("/dev/null", O_RDONLY)
    _ = dup2(nothing, socket)
    close(nothing)
  }

  /// One answer with a `Content-Length`, or without a body.
  func readAnswer(hasBody: Bool = true) throws -> Answer {
    var answer = Answer()
    let head = try read(through: "\r\n\r\n")
    let lines = head.split(separator: "\r\n")
    answer.status = Int(lines[0].split(separator: " ")[1]) ?? 0
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      answer.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
    if hasBody, let length = answer.headers["content-length"].flatMap({ Int($0) }) {
      answer.body = String(decoding: try read(count: length), as: UTF8.self)
    }
    return answer
  }

  /// One chunk of a chunked body; empty at the end of the body.
  func readChunk() throws -> String {
    let line = try read(through: "\r\n").dropLast(1)
    let count = Int(line, radix: 16) ?? 0
    let bytes = try read(count: count + 2)
    return String(decoding: bytes.dropLast(2), as: UTF8.self)
  }

  /// Everything up to and with this text.
  func read(through text: String) throws -> String {
    let wanted = Array(text.utf8)
    let deadline = MonotonicClock.now() + Self.patience
    var searched = 0
    while true {
      while searched + wanted.count <= received.count {
        if received[searched..<searched + wanted.count].elementsEqual(wanted) {
          let end = searched + wanted.count
          let taken = String(decoding: received[..<end], as: UTF8.self)
          received.removeFirst(end)
          return taken
        }
        searched += 1
      }
      guard try fill(by: deadline) else { throw Failure.closed }
    }
  }

  func read(count: Int) throws -> [UInt8] {
    let deadline = MonotonicClock.now() + Self.patience
    while received.count < count {
      guard try fill(by: deadline) else { throw Failure.closed }
    }
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  /// Whether the server ends the connection, after what it may still say.
  func isClosedByServer() throws -> Bool {
    let deadline = MonotonicClock.now() + Self.patience
    while try fill(by: deadline) {}
    return true
  }

  /// Takes what has arrived, at most this much, without waiting; false at the end.
  func receive(atMost limit: Int) -> Bool {
    if let tls {
      var waited = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      let isReadable = unsafe poll(&waited, 1, 0) > 0
      guard tls.hasPending || isReadable else { return true }
      return take(tls.receive(atMost: limit))
    }
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = unsafe recv(socket, &buffer, limit, Int32(MSG_DONTWAIT))
    if count > 0 { received.append(contentsOf: buffer[..<count]) }
    return count != 0
  }

  /// The next chunk, if all of it has been received.
  func takeChunk() -> String? {
    guard let lineEnd = received.firstIndex(of: 0x0D),
      let count = Int(String(decoding: received[..<lineEnd], as: UTF8.self), radix: 16),
      received.count >= lineEnd + 2 + count + 2
    else { return nil }
    let content = String(decoding: received[lineEnd + 2..<lineEnd + 2 + count], as: UTF8.self)
    received.removeFirst(lineEnd + 2 + count + 2)
    return content
  }

  private func fill(by deadline: Duration) throws -> Bool {
    if let tls, tls.hasPending { return take(tls.receive(atMost: 65_536)) }
    var waited = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    let rest = deadline - MonotonicClock.now()
    guard rest > .zero, unsafe poll(&waited, 1, PollTimeout.milliseconds(rest)) > 0 else {
      throw Failure.timedOut
    }
    if let tls { return take(tls.receive(atMost: 65_536)) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(socket, &buffer, buffer.count, 0)
    return take(Array(buffer[..<max(0, count)]))
  }

  private func take(_ bytes: [UInt8]?) -> Bool {
    received.append(contentsOf: bytes ?? [])
    return bytes?.isEmpty == false
  }
}
