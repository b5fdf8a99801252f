/// An error answer in the form of RFC 9457.
package struct Problem: Error, Equatable, Sendable {
  package var code: ProblemCode
  package var detail: String?
  /// What the caller can do about it.
  package var hint: String?
  /// Further members of the document, such as `kept` or `errors`.
  package var members: [JSONValue.Member]
  /// Further headers of the answer, such as `Retry-After`.
  package var headers: HeaderFields

  package init(
    _ code: ProblemCode, detail: String? = nil, hint: String? = nil,
    members: [JSONValue.Member] = [], headers: HeaderFields = HeaderFields()
  ) {
    self.code = code
    self.detail = detail
    self.hint = hint
    self.members = members
    self.headers = headers
  }

  package var json: JSONValue { json(of: nil) }

  /// The document, with the name of the request that it is about.
  private func json(of head: RequestHead?) -> JSONValue {
    var all: [JSONValue.Member] = [
      .init("type", .string("urn:mqtt-bridge:problem:\(code.rawValue)")),
      .init("title", .string(code.title)),
      .init("status", .integer(code.status)),
      .init("code", .string(code.rawValue)),
    ]
    if let detail { all.append(.init("detail", .string(detail))) }
    if let hint { all.append(.init("hint", .string(hint))) }
    if let name = head?.name, !name.isEmpty {
      all.append(.init("instance", .string("urn:mqtt-bridge:request:\(name)")))
    }
    return .object(all + members)
  }

  /// One line for shells: status, code, and the most exact sentence there is.
  package var line: String {
    let text = "\(code.status) \(code.rawValue): \(detail ?? code.title)"
    return String(text.map { $0.isNewline ? " " : $0 }) + "\n"
  }

  /// The same for an `EventSource`, which would end for ever at any status but 200: a stream that
  /// says when to come back, what is wrong, and ends.
  ///
  /// Only where coming back may help, and only for a request that accepts nothing but a stream.
  package func softResponse(to head: RequestHead?, retry: Duration) -> Response {
    let accepted = head?.headers.values("Accept") ?? []
    guard accepted == ["text/event-stream"], code.status == 429 || code.status == 503 else {
      return response(to: head)
    }
    var response = Response(status: 200, headers: headers)
    response.headers.set("Content-Type", "text/event-stream; charset=utf-8")
    response.headers.set("Cache-Control", "no-store")
    let milliseconds = Int64(retry / .milliseconds(1))
    response.body = Array("retry: \(milliseconds)\nevent: bridge.close\ndata: ".utf8)
    response.body += json.encoded + Array("\n\n".utf8)
    return response
  }

  /// The answer to a request with this head: JSON, or one line where plain text is preferred.
  package func response(to head: RequestHead?) -> Response {
    var response = Response(status: code.status, headers: headers)
    let accept = Accept(head?.headers.values("Accept") ?? [])
    if accept.best(of: ["application/problem+json", "text/plain"]) == "text/plain" {
      response.headers.set("Content-Type", "text/plain; charset=utf-8")
      response.body = Array(line.utf8)
    } else {
      response.headers.set("Content-Type", "application/problem+json")
      response.body = json(of: head).encoded
    }
    response.headers.set("Cache-Control", "no-store")
    return response
  }
}
