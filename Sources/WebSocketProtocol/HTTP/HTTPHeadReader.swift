/// Collects the head of an HTTP/1 message that arrives in pieces of any size. [RFC 9112, 2.1]
///
/// It is strict: lines end with CR LF, and there are no folded lines and no white space around
/// names. After an error the connection is unusable.
package struct HTTPHeadReader: Sendable {
  /// The first line, and the fields behind it.
  package struct Head: Equatable, Sendable {
    package let start: String
    package let fields: HTTPFields
  }

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private let bytesMax: Int
  private let fieldsMax: Int
  private var buffer: [UInt8] = []
  /// Where in the buffer the line starts that is not complete.
  private var lineStart = 0
  private var start: String?
  private var fields = HTTPFields()

  /// What came behind the head in the same piece.
  package private(set) var rest: ArraySlice<UInt8> = []

  /// Refuses heads with more bytes or fields than this.
  package init(bytesMax: Int = 16 << 10, fieldsMax: Int = 100) {
    self.bytesMax = bytesMax
    self.fieldsMax = fieldsMax
  }

  /// Adds bytes from the connection; returns the head once it is complete.
  package mutating func append(_ bytes: ArraySlice<UInt8>) throws(HTTPHeadError) -> Head? {
    var bytes = bytes
    while let end = bytes.firstIndex(of: Self.lineFeed) {
      try take(bytes[...end])
      bytes = bytes[(end + 1)...]
      let line = buffer[lineStart...].dropLast(2)
      guard buffer.dropLast().last == Self.carriageReturn, buffer.count >= lineStart + 2 else {
        throw start == nil ? .malformedStart : .malformedField
      }
      lineStart = buffer.count
      if let start, line.isEmpty {
        rest = bytes
        return Head(start: start, fields: fields)
      }
      try read(line)
    }
    try take(bytes)
    return nil
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>) throws(HTTPHeadError) {
    guard bytes.count <= bytesMax - buffer.count else { throw .tooLong(limit: bytesMax) }
    buffer.append(contentsOf: bytes)
  }

  private mutating func read(_ line: ArraySlice<UInt8>) throws(HTTPHeadError) {
    guard start != nil else {
      guard line.allSatisfy(\.isHTTPValueByte) else { throw .malformedStart }
      return start = String(decoding: line, as: UTF8.self)
    }
    guard fields.all.count < fieldsMax else { throw .tooManyFields(limit: fieldsMax) }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(\.isHTTPTokenByte), line.allSatisfy(\.isHTTPValueByte)
    else { throw .malformedField }
    let value = Substring(decoding: line[(colon + 1)...], as: UTF8.self)
    fields.append(
      String(decoding: line[..<colon], as: UTF8.self), String(value.trimmedOfHTTPSpace))
  }
}
