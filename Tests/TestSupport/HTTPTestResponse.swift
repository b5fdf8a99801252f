/// What a server answered to a test.
package struct HTTPTestResponse: Sendable {
  package let status: Int
  /// The header fields in the order of arrival, names in lower case.
  package let headers: [(name: String, value: String)]
  package var body: [UInt8] = []

  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The value of the first header field of this name.
  package func header(_ name: String) -> String? {
    headers.first { $0.name == name.lowercased() }?.value
  }

  var isChunked: Bool { header("transfer-encoding")?.lowercased() == "chunked" }

  /// Reads a status line and header fields, without the empty line that ends them.
  init(head: String) throws {
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw TestFailure("not a status line: \(lines.first ?? "")")
    }
    self.status = status
    headers = try lines.dropFirst().map { line in
      guard let colon = line.firstIndex(of: ":") else {
        throw TestFailure("not a header field: \(line)")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      return (line[..<colon].lowercased(), String(value))
    }
  }
}
