extension URLOption {
  static let webSocket = [
    URLOption(
      "ws_subprotocols", .webSocket, "the subprotocols that are offered", .list,
      \.webSocket.subprotocols),
    URLOption(
      "ws_header", .webSocket, "a header of the request",
      URLValue(expected: "a name and a value with a colon between them") { text in
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, !text.contains(where: \.isNewline) else { return nil }
        return HTTPHeader(String(parts[0]), String(parts[1].drop { $0 == " " }))
      }, isSecret: true
    ) { $0.webSocket.headers.append($1) },
    URLOption(
      "ws_maximum_frame", .webSocket, "the largest frame to accept, in bytes",
      .number(125...1 << 30), \.webSocket.maximumFrameBytes),
    URLOption(
      "ws_sent_frame", .webSocket, "the most bytes of MQTT in one frame", .number(1...1 << 30),
      \.webSocket.maximumSentFrameBytes),
    URLOption(
      "ws_ping_interval", .webSocket, "the silence after which a ping is sent", .time,
      \.webSocket.pingInterval),
    URLOption(
      "ws_pong_timeout", .webSocket, "the longest wait for a pong", .time,
      \.webSocket.pongTimeout),
    URLOption("ws_compression", .webSocket, "whether to offer permessage-deflate", .flag) {
      $0.webSocket.compression = $1 ? WebSocketOptions.Compression() : nil
    },
  ]
}
