/// A connection with the bytes that arrived on it and are not used yet.
package final class HTTPTestConnection {
  package let socket: LoopbackSocket
  private var pending: [UInt8] = []

  package init(_ socket: LoopbackSocket) {
    self.socket = socket
  }

  /// The head of the next answer; interim answers such as 100 are passed over.
  package func readHead(until deadline: Deadline) throws -> HTTPTestResponse {
    while true {
      let head = try read(through: Array("\r\n\r\n".utf8), until: deadline)
      let response = try HTTPTestResponse(head: String(decoding: head, as: UTF8.self))
      if response.status >= 200 { return response }
      if response.status == 101 { return response }
    }
  }

  /// The whole body that belongs to a head.
  package func readBody(
    of response: HTTPTestResponse, until deadline: Deadline
  ) throws -> [UInt8] {
    if response.isChunked {
      var body: [UInt8] = []
      while let chunk = try readChunk(until: deadline) { body += chunk }
      return body
    }
    if let length = response.header("content-length").flatMap({ Int($0) }) {
      return try read(exactly: length, until: deadline)
    }
    while try receive(until: deadline) {}
    defer { pending = [] }
    return pending
  }

  /// The next chunk of a chunked body, or nil after the last one.
  package func readChunk(until deadline: Deadline) throws -> [UInt8]? {
    let line = try read(through: Array("\r\n".utf8), until: deadline)
    let digits = String(decoding: line, as: UTF8.self)
    guard let size = Int(digits, radix: 16), size >= 0 else {
      throw TestFailure("not the size of a chunk: \(digits)")
    }
    let chunk = try read(exactly: size, until: deadline)
    guard try read(exactly: 2, until: deadline) == [0x0D, 0x0A] else {
      throw TestFailure("a chunk is longer than its size says")
    }
    return size == 0 ? nil : chunk
  }

  /// Everything before the delimiter, which is dropped.
  package func read(through delimiter: [UInt8], until deadline: Deadline) throws -> [UInt8] {
    while true {
      if let range = pending.firstRange(of: delimiter) {
        let bytes = Array(pending[..<range.lowerBound])
        pending.removeSubrange(..<range.upperBound)
        return bytes
      }
      guard try receive(until: deadline) else {
        throw TestFailure("the connection ended after \(pending.count) bytes of a line")
      }
    }
  }

  package func read(exactly count: Int, until deadline: Deadline) throws -> [UInt8] {
    while pending.count < count {
      guard try receive(until: deadline) else {
        throw TestFailure("the connection ended after \(pending.count) of \(count) bytes")
      }
    }
    defer { pending.removeFirst(count) }
    return Array(pending.prefix(count))
  }

  /// Waits for more bytes; false at the end of the stream.
  private func receive(until deadline: Deadline) throws -> Bool {
    guard let bytes = try socket.receive(until: deadline) else {
      throw TestFailure("nothing arrived in time")
    }
    pending += bytes
    return !bytes.isEmpty
  }
}
