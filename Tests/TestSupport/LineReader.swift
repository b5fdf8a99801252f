/// Reads a stream of lines, such as newline-delimited JSON.
package final class LineReader {
  /// The head of the answer that opened the stream.
  package let response: HTTPTestResponse
  /// How many empty lines have come.
  package private(set) var emptyCount = 0

  private let connection: HTTPTestConnection
  private var unfinished: [UInt8] = []
  private var lines: [String] = []
  private var hasEnded = false

  init(response: HTTPTestResponse, connection: HTTPTestConnection) {
    self.response = response
    self.connection = connection
  }

  /// The next line that is not empty, or nil when the stream has ended; throws when neither came
  /// before the deadline.
  package func next(within limit: Duration = .seconds(10)) throws -> String? {
    let deadline = Deadline(after: limit)
    while true {
      while !lines.isEmpty {
        let line = lines.removeFirst()
        if !line.isEmpty { return line }
        emptyCount += 1
      }
      guard !hasEnded else { return nil }
      guard let chunk = try connection.readChunk(until: deadline) else {
        hasEnded = true
        continue
      }
      var parts = (unfinished + chunk).split(separator: 0x0A, omittingEmptySubsequences: false)
      unfinished = parts.popLast().map(Array.init) ?? []
      lines += parts.map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// Closes the connection.
  package func close() {
    connection.socket.close(reset: false)
    hasEnded = true
  }
}
