/// A small blocking HTTP/1.1 client: one kept connection to a port of 127.0.0.1.
///
/// It shares no code with the server, so it is a second opinion on what goes over the wire.
package final class HTTPTestClient {
  private let port: UInt16
  private let tls: TestTLSOptions?
  private var connection: HTTPTestConnection?

  package init(port: UInt16, tls: TestTLSOptions? = nil) {
    self.port = port
    self.tls = tls
  }

  /// The common name in the server's certificate, while a connection is kept.
  package var serverName: String? { connection?.socket.serverName }

  /// Sends a request and reads its whole answer.
  ///
  /// The connection is kept for the next request, unless either side asks to close it.
  package func request(
    _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
    within limit: Duration = .seconds(20)
  ) throws -> HTTPTestResponse {
    let connection = try send(method, target, headers, body)
    let deadline = Deadline(after: limit)
    var response = try connection.readHead(until: deadline)
    if method != "HEAD" && response.status != 204 && response.status != 304 {
      response.body = try connection.readBody(of: response, until: deadline)
    }
    let closes = (headers + response.headers.map { ($0.name, $0.value) }).contains {
      $0.0.lowercased() == "connection" && $0.1.lowercased() == "close"
    }
    if closes { self.connection = nil }
    return response
  }

  package func get(_ target: String, headers: [(String, String)] = []) throws -> HTTPTestResponse {
    try request("GET", target, headers: headers)
  }

  package func post(
    _ target: String, _ body: String, headers: [(String, String)] = []
  ) throws -> HTTPTestResponse {
    try request("POST", target, headers: headers, body: Array(body.utf8))
  }

  /// Sends a request for an event stream and gives its connection away to a reader.
  package func stream(_ target: String, headers: [(String, String)] = []) throws -> SSEReader {
    let all = headers + [("Accept", "text/event-stream")]
    let connection = try send("GET", target, all, nil)
    self.connection = nil
    let response = try connection.readHead(until: Deadline(after: .seconds(20)))
    return SSEReader(response: response, connection: connection)
  }

  /// Sends a request for a stream of lines and gives its connection away to a reader.
  package func lines(
    _ target: String, method: String = "GET", headers: [(String, String)] = [], body: String? = nil
  ) throws -> LineReader {
    let all = headers + [("Accept", "application/x-ndjson")]
    let connection = try send(method, target, all, body.map { Array($0.utf8) })
    self.connection = nil
    let response = try connection.readHead(until: Deadline(after: .seconds(20)))
    return LineReader(response: response, connection: connection)
  }

  /// Closes the kept connection.
  package func close() { connection = nil }

  private func connect() throws -> HTTPTestConnection {
    guard let tls else { return try HTTPTestConnection(LoopbackSocket(port: port)) }
    return try HTTPTestConnection(LoopbackSocket(port: port, tls: tls))
  }

  private func send(
    _ method: String, _ target: String, _ headers: [(String, String)], _ body: [UInt8]?
  ) throws -> HTTPTestConnection {
    let connection = try connection ?? connect()
    self.connection = connection
    var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    try connection.socket.send(Array((head + "\r\n").utf8) + (body ?? []))
    return connection
  }
}
