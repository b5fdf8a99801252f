import HTTPFront

/// How one operation of a WebSocket is answered.
struct SocketReply: Equatable, Sendable {
  /// What the client named the operation; nil when it gave no name.
  let ref: JSONValue?
  /// Names it among all that are under way.
  var request: RequestID?

  /// The message that says that it went well, with its frame.
  func text(_ members: [JSONValue.Member], status: Int = 200) -> [UInt8] {
    MessageRenderer.socketText(.object(head(status) + members))
  }

  /// The result of an operation as the answer to the same request over HTTP has it.
  func message(_ response: Response) -> [UInt8] {
    var members = head(response.status)
    if let after = response.headers["Retry-After"].flatMap({ Int($0) }) {
      members.append(.init("retry_after", .integer(after)))
    }
    if response.headers["Idempotency-Replayed"] == "true" {
      members.append(.init("replayed", .boolean(true)))
    }
    var text = JSONValue.object(members).encoded
    guard response.body.first == UInt8(ascii: "{") else { return text }
    text.removeLast()
    if response.status < 400 {
      let rest = response.body.dropFirst()
      if rest.first != UInt8(ascii: "}") { text.append(UInt8(ascii: ",")) }
      text += rest
    } else {
      text += Array(#","problem":"#.utf8) + response.body + [UInt8(ascii: "}")]
    }
    return text
  }

  func message(_ problem: Problem) -> [UInt8] { message(problem.response(to: nil)) }

  private func head(_ status: Int) -> [JSONValue.Member] {
    var members = [JSONValue.Member("op", .string("result"))]
    if let ref { members.append(.init("ref", ref)) }
    members.append(.init("status", .integer(status)))
    return members
  }
}
