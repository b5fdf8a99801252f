/// What is known of a request before any byte of its body is read.
package struct RequestHead: Equatable, Sendable {
  package var method: String
  /// Still percent-encoded, without the query; the authority of an absolute target is cut off.
  package var path: String
  package var query: Query
  package var headers: HeaderFields
  /// The address of the peer of the connection, which may be a proxy.
  package var clientAddress: String
  /// The declared length of the body; nil when there is none, or when it is chunked.
  package var contentLength: Int?
  package var version: String
  /// The client's certificate, verified; nil when it has shown none.
  package var clientCertificate: ClientCertificate?
  /// What the request is called in logs and answers, as `HTTPApplication.name` says; may be empty.
  package var name = ""

  package init(
    method: String, target: String, headers: HeaderFields = HeaderFields(),
    clientAddress: String = "", contentLength: Int? = nil, version: String = "HTTP/1.1",
    clientCertificate: ClientCertificate? = nil
  ) {
    self.method = method
    (path, query) = Self.split(target: target)
    self.headers = headers
    self.clientAddress = clientAddress
    self.contentLength = contentLength
    self.version = version
    self.clientCertificate = clientCertificate
  }

  /// Whether a body follows the head.
  package var hasBody: Bool {
    (contentLength ?? 0) > 0 || headers.contains("Transfer-Encoding")
  }

  /// Cuts bytes, not characters: a combining mark behind a separator would hide it.
  private static func split(target: String) -> (path: String, query: Query) {
    let bytes = target.utf8
    let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
    let query = Query(raw: bytes[end...].dropFirst())
    var path = bytes[..<end]
    if path.first != UInt8(ascii: "/"), let scheme = path.firstRange(of: "://".utf8) {
      path = path[scheme.upperBound...].drop { $0 != UInt8(ascii: "/") }
    }
    return (path.isEmpty ? "/" : String(decoding: path, as: UTF8.self), query)
  }
}

/// A request whose body has been read.
package struct Request: Sendable {
  package var head: RequestHead
  package var body: [UInt8]
  package var id: RequestID
  /// When its head was complete.
  package var arrivedAt: Duration

  package init(head: RequestHead, body: [UInt8], id: RequestID, arrivedAt: Duration) {
    self.head = head
    self.body = body
    self.id = id
    self.arrivedAt = arrivedAt
  }
}
