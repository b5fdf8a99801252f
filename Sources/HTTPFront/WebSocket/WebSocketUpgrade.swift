import WebSocketProtocol

/// The opening handshake of a WebSocket as this server answers it.
package enum WebSocketUpgrade {
  /// What is wrong with a request that should become a WebSocket; nil when nothing is.
  ///
  /// For an application that has more to do before it answers with a `WebSocketHead`, which
  /// checks the same.
  package static func problem(with head: RequestHead, subprotocols: [String] = []) -> Problem? {
    do throws(Problem) {
      _ = try handshake(head, WebSocketHead(subprotocols: subprotocols))
      return nil
    } catch {
      return error
    }
  }

  /// The answer to a request, or the problem with it.
  static func handshake(
    _ head: RequestHead, _ socket: WebSocketHead
  ) throws(Problem) -> ServerHandshake {
    let fields = HTTPFields(head.headers.fields.map { HTTPField($0.name, $0.value) })
    guard head.version == "HTTP/1.1", fields.list("Upgrade", has: "websocket") else {
      throw upgradeRequired(detail: "this is a WebSocket; the request does not ask for one")
    }
    do throws(ServerHandshake.Refusal) {
      return try ServerHandshake(
        HTTPRequestHead(method: head.method, target: head.path, fields: fields),
        subprotocols: socket.subprotocols, deflate: socket.deflate)
    } catch {
      switch error {
      case .notWebSocket:
        throw Problem(
          .badHeader,
          detail: "a WebSocket begins with a GET that has Host, Connection: Upgrade and one"
            + " Sec-WebSocket-Key of 16 bytes in base64")
      case .unknownVersion:
        throw upgradeRequired(detail: "the version of the WebSocket must be 13")
      case .noSubprotocol:
        throw Problem(
          .badHeader,
          detail: "Sec-WebSocket-Protocol offers none of \(socket.subprotocols)")
      }
    }
  }

  private static func upgradeRequired(detail: String) -> Problem {
    Problem(
      .upgradeRequired, detail: detail,
      headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"])
  }
}
