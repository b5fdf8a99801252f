/// A complete answer: status, headers and body.
package struct Response: Equatable, Sendable {
  package var status: Int
  package var headers: HeaderFields
  package var body: [UInt8]
  /// Whether the application wants to know that the client has been sent all of it.
  package var reportsEnd = false

  package init(status: Int, headers: HeaderFields = HeaderFields(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A body that is JSON text already.
  package static func json(
    _ body: [UInt8], status: Int = 200, headers: HeaderFields = HeaderFields()
  ) -> Self {
    var response = Self(status: status, headers: headers, body: body)
    response.headers.set("Content-Type", "application/json")
    return response
  }

  package static func json(
    _ value: JSONValue, status: Int = 200, headers: HeaderFields = HeaderFields()
  ) -> Self {
    .json(value.encoded, status: status, headers: headers)
  }

  package static func text(
    _ text: String, status: Int = 200, headers: HeaderFields = HeaderFields()
  ) -> Self {
    var response = Self(status: status, headers: headers, body: Array(text.utf8))
    response.headers.set("Content-Type", "text/plain; charset=utf-8")
    return response
  }
}
