import TestSupport

/// A request on a connection of its own, whose answer is read later.
final class OpenRequest {
  private let connection: HTTPTestConnection

  init(
    _ bridge: RunningProgram, _ method: String, _ target: String,
    headers: [(String, String)] = [], body: String = ""
  ) throws {
    connection = HTTPTestConnection(try LoopbackSocket(port: bridge.port))
    var head = "\(method) \(target) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    try connection.socket.send(head + "\r\n" + body)
  }

  /// Waits for the answer.
  func answer(within limit: Duration = .seconds(30)) throws -> HTTPTestResponse {
    let deadline = Deadline(after: limit)
    var response = try connection.readHead(until: deadline)
    if response.status == 204 { return response }
    response.body = try connection.readBody(of: response, until: deadline)
    return response
  }
}
