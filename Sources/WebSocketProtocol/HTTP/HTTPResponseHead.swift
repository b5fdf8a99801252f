/// The status line and the fields of an HTTP/1 response. [RFC 9112, 4]
package struct HTTPResponseHead: Equatable, Sendable {
  /// 0 or 1.
  package let minorVersion: Int
  package let status: Int
  /// The server's own words for the status; may be empty.
  package let reason: String
  package let fields: HTTPFields

  package init(status: Int, reason: String, fields: HTTPFields) {
    minorVersion = 1
    self.status = status
    self.reason = reason
    self.fields = fields
  }

  package init(_ head: HTTPHeadReader.Head) throws(HTTPHeadError) {
    let parts = head.start.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, let minorVersion = HTTPVersion.minor(parts[0]),
      parts[1].utf8.count == 3, let status = Int(parts[1]), (100..<1000).contains(status)
    else { throw .malformedStart }
    self.minorVersion = minorVersion
    self.status = status
    reason = parts.count == 3 ? String(parts[2]) : ""
    fields = head.fields
  }

  /// As it goes over the wire; names and values must not have line breaks.
  package func encoded() throws(HTTPHeadError) -> [UInt8] {
    try HTTPHeadWriter.encoded("HTTP/1.1 \(status) \(reason)", fields)
  }

  /// "404 Not Found", with the server's words cut short and without control characters.
  package var summary: String {
    let words = reason.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(100)
    return words.isEmpty ? "\(status)" : "\(status) \(String(String.UnicodeScalarView(words)))"
  }
}

/// Reads a response, passing over the interim ones (1xx but for 101) before it. [RFC 9110, 15.2]
package struct HTTPResponseReader: Sendable {
  private static let interimMax = 8

  private let bytesMax: Int
  private let fieldsMax: Int
  private var reader: HTTPHeadReader
  private var interimCount = 0

  /// What came behind the head in the same piece; it belongs to whatever follows the response.
  package var rest: ArraySlice<UInt8> { reader.rest }

  /// Refuses heads with more bytes or fields than this, and more than 8 interim responses.
  package init(bytesMax: Int = 16 << 10, fieldsMax: Int = 100) {
    self.bytesMax = bytesMax
    self.fieldsMax = fieldsMax
    reader = HTTPHeadReader(bytesMax: bytesMax, fieldsMax: fieldsMax)
  }

  /// Adds bytes from the connection; returns the response once its head is complete.
  package mutating func append(
    _ bytes: ArraySlice<UInt8>
  ) throws(HTTPHeadError) -> HTTPResponseHead? {
    var bytes = bytes
    while let head = try reader.append(bytes) {
      let response = try HTTPResponseHead(head)
      guard (100..<200).contains(response.status), response.status != 101 else { return response }
      interimCount += 1
      guard interimCount <= Self.interimMax else { throw .tooLong(limit: bytesMax) }
      bytes = reader.rest
      reader = HTTPHeadReader(bytesMax: bytesMax, fieldsMax: fieldsMax)
    }
    return nil
  }
}

/// The version of HTTP/1 in a first line.
enum HTTPVersion {
  /// The digit behind "HTTP/1.", which is 0 or 1.
  static func minor(_ text: Substring) -> Int? {
    switch text {
    case "HTTP/1.0": 0
    case "HTTP/1.1": 1
    default: nil
    }
  }
}
