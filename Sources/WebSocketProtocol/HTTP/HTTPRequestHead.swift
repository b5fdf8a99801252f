/// The request line and the fields of an HTTP/1 request. [RFC 9112, 3]
package struct HTTPRequestHead: Equatable, Sendable {
  package let method: String
  /// A path with its query, or an authority for CONNECT.
  package let target: String
  /// 0 or 1.
  package let minorVersion: Int
  package var fields: HTTPFields

  package init(method: String, target: String, fields: HTTPFields) {
    self.method = method
    self.target = target
    minorVersion = 1
    self.fields = fields
  }

  package init(_ head: HTTPHeadReader.Head) throws(HTTPHeadError) {
    let parts = head.start.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].utf8.allSatisfy(\.isHTTPTokenByte),
      !parts[1].isEmpty, let minorVersion = HTTPVersion.minor(parts[2])
    else { throw .malformedStart }
    method = String(parts[0])
    target = String(parts[1])
    self.minorVersion = minorVersion
    fields = head.fields
  }

  /// As it goes over the wire; names, values and target must not have line breaks.
  package func encoded() throws(HTTPHeadError) -> [UInt8] {
    guard !target.isEmpty, target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .unsendableTarget
    }
    return try HTTPHeadWriter.encoded("\(method) \(target) HTTP/1.1", fields)
  }
}

/// Writes heads, and lets nobody smuggle a line into one.
enum HTTPHeadWriter {
  static func encoded(_ start: String, _ fields: HTTPFields) throws(HTTPHeadError) -> [UInt8] {
    guard start.utf8.allSatisfy(\.isHTTPValueByte) else { throw .malformedStart }
    var bytes = Array(start.utf8)
    bytes += [0x0D, 0x0A]
    for field in fields.all {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isHTTPTokenByte) else {
        // A name that is none may be a secret in the wrong place.
        throw .unsendable(field: "(unnamed)")
      }
      guard field.value.utf8.allSatisfy(\.isHTTPValueByte) else {
        throw .unsendable(field: field.name)
      }
      bytes += field.name.utf8
      bytes += [UInt8(ascii: ":"), UInt8(ascii: " ")]
      bytes += field.value.utf8
      bytes += [0x0D, 0x0A]
    }
    return bytes + [0x0D, 0x0A]
  }
}
