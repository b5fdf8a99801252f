import CMicroHTTPD
import EventLoop
import WebSocketProtocol

/// Answers written by us, on sockets that libmicrohttpd has given up.
enum ResponseText {
  /// A whole answer after which the connection is closed.
  static func bytes(of response: Response, withBody: Bool = true) -> [UInt8] {
    var headers = response.headers
    headers.set("Content-Length", String(response.body.count))
    return head(status: response.status, headers) + (withBody ? response.body : [])
  }

  /// The head of a stream.
  static func streamHead(_ headers: HeaderFields, isChunked: Bool) -> [UInt8] {
    var headers = headers
    if isChunked { headers.set("Transfer-Encoding", "chunked") }
    return head(status: 200, headers)
  }

  /// The head of a WebSocket: what the handshake says, and then what the application adds.
  static func switchingProtocols(
    _ handshake: HTTPResponseHead, _ headers: HeaderFields
  ) -> [UInt8] {
    var fields = HeaderFields()
    for field in handshake.fields.all { fields.append(field.name, field.value) }
    for field in headers.fields where !fields.contains(field.name) {
      fields.append(field.name, field.value)
    }
    fields.set("Date", HTTPDate.text(secondsSince1970: WallClock.milliseconds() / 1000))
    return text(status: handshake.status, fields)
  }

  private static func head(status: Int, _ headers: HeaderFields) -> [UInt8] {
    var headers = headers
    headers.set("Date", HTTPDate.text(secondsSince1970: WallClock.milliseconds() / 1000))
    headers.set("Connection", "close")
    return text(status: status, headers)
  }

  private static func text(status: Int, _ headers: HeaderFields) -> [UInt8] {
    let lines = headers.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
    return Array("HTTP/1.1 \(status) \(phrase(of: status))\r\n\(lines)\r\n".utf8)
  }

  private static func phrase(of status: Int) -> String {
    guard let phrase = unsafe MHD_get_reason_phrase_for(UInt32(clamping: status)) else {
      return ""
    }
    return unsafe String(cString: phrase)
  }
}
