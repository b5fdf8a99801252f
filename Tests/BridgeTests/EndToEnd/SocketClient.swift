import TestSupport
import WebSocketProtocol

/// A client of `GET /ws`.
final class SocketClient {
  let peer: WebSocketPeer
  /// The first message.
  let opening: JSONObject
  private(set) var lastID: String?
  /// Messages that came while something else was waited for.
  private var messages: [JSONObject] = []

  init(_ program: RunningProgram, headers: [(String, String)] = [], token: String? = nil) throws {
    let credentials = token.map { ["bearer.\($0)"] } ?? []
    var fields: HTTPFields = []
    for (name, value) in headers { fields.append(name, value) }
    peer = try WebSocketPeer(
      connectingTo: program.port, path: "/ws", headers: fields,
      subprotocols: credentials + ["other", "bridge.v1.json"])
    guard let first = try peer.nextMessage() else { throw TestFailure("the WebSocket closed") }
    opening = try Self.json(first)
    guard opening.string("op") == "open" else { throw TestFailure("no open: \(opening.members)") }
  }

  func send(_ text: String) throws { try peer.send(.text, Array(text.utf8)[...]) }

  /// Sends an operation and gives its result; what else comes meanwhile is kept.
  func ask(_ text: String, within limit: Duration = .seconds(20)) throws -> JSONObject {
    try send(text)
    return try result(within: limit)
  }

  func result(within limit: Duration = .seconds(20)) throws -> JSONObject {
    while true {
      let message = try next(within: limit)
      if message.string("op") == "result" { return message }
      messages.append(message)
    }
  }

  /// The next message of the bridge, whatever it is.
  func next(within limit: Duration = .seconds(20)) throws -> JSONObject {
    guard let message = try peer.nextMessage(within: limit) else {
      throw TestFailure("the WebSocket closed")
    }
    let json = try Self.json(message)
    if let id = json.string("id"), json.string("op") == "message" { lastID = id }
    return json
  }

  /// The next one with this `op`.
  func next(_ op: String) throws -> JSONObject {
    while true {
      let message = messages.isEmpty ? try next() : messages.removeFirst()
      if message.string("op") == op { return message }
    }
  }

  func payloads(_ count: Int) throws -> [String] {
    try (0..<count).map { _ in try next("message").string("payload") ?? "" }
  }

  /// Why the bridge closed it; what comes before is passed over.
  func closeStatus() throws -> CloseStatus? {
    while let event = try peer.next() {
      if case .closed(let status) = event { return status }
    }
    return nil
  }

  private static func json(_ message: WebSocketMessage) throws -> JSONObject {
    try JSONObject(String(decoding: message.bytes, as: UTF8.self))
  }
}
