/// Why bytes are no HTTP/1 head, or a head cannot be sent; it never quotes what may be a secret.
package enum HTTPHeadError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLong(limit: Int)
  case tooManyFields(limit: Int)
  /// The first line is no status line, or no request line.
  case malformedStart
  case malformedField
  /// A name or value that would change the meaning of a head if it were sent.
  case unsendable(field: String)
  case unsendableTarget

  package var description: String {
    switch self {
    case .tooLong(let limit): "the HTTP head is longer than \(limit) bytes"
    case .tooManyFields(let limit): "the HTTP head has more than \(limit) fields"
    case .malformedStart: "the peer does not speak HTTP/1.1"
    case .malformedField: "the HTTP head has a malformed field"
    case .unsendable(let field): "the HTTP field \(field) has a name or value that cannot be sent"
    case .unsendableTarget: "the host, port, path or query cannot be sent in an HTTP request"
    }
  }
}
