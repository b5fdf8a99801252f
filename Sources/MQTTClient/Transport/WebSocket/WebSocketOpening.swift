import EventLoop
import WebSocketProtocol

/// The opening handshake over a lower transport: the request goes out, the response comes in.
final class WebSocketOpening {
  /// What the handshake led to.
  struct Opened {
    let agreement: ClientHandshake.Agreement
    /// What the server sent behind its response.
    let rest: Bytes
  }

  private let handshake: ClientHandshake
  private var request: Bytes
  private var reader = HTTPResponseReader()
  private var buffer = [UInt8](repeating: 0, count: 4096)

  init(_ request: WebSocketRequest, _ options: WebSocketOptions) throws(HandshakeFailure) {
    var generator = SystemRandomNumberGenerator()
    handshake = ClientHandshake(
      nonce: (0..<16).map { _ in generator.next() }, subprotocols: options.subprotocols,
      deflate: options.compression.map(DeflateParameters.init))
    let headers = request.headers.map { HTTPField($0.name, $0.value) }
    self.request = try handshake.request(
      authority: request.authority, path: request.path, headers: HTTPFields(headers))[...]
  }

  var isRequestSent: Bool { request.isEmpty }

  /// Goes as far as the peer lets it; nil while there is more to do.
  func advance(over lower: any Transport) throws(TransportError) -> Opened? {
    if lower.heldOutput > 0 { try lower.flush() }
    while !request.isEmpty {
      let count = try lower.send(request)
      guard count > 0 else { break }
      request = request.dropFirst(count)
    }
    // A server may refuse before it has read everything.
    while true {
      switch try lower.receive(into: &buffer) {
      case .nothingYet: return nil
      case .end:
        throw .webSocket(
          WebSocketFailure("the server closed the connection during the WebSocket handshake"))
      case .bytes(let count):
        if let opened = try received(buffer[..<count]) { return opened }
      }
    }
  }

  private func received(_ bytes: Bytes) throws(TransportError) -> Opened? {
    do throws(HandshakeFailure) {
      let head: HTTPResponseHead
      do throws(HTTPHeadError) {
        guard let response = try reader.append(bytes) else { return nil }
        head = response
      } catch {
        throw .http(error)
      }
      return Opened(agreement: try handshake.agreement(head), rest: reader.rest)
    } catch {
      throw .webSocket(WebSocketFailure(error))
    }
  }
}

extension DeflateParameters {
  /// What a client offers; impossible windows are taken for the next possible ones.
  fileprivate init(_ compression: WebSocketOptions.Compression) {
    self.init()
    clientWindowBits = min(max(compression.clientWindowBits, 9), 15)
    serverWindowBits = min(max(compression.serverWindowBits, 8), 15)
    clientContextTakeover = compression.clientContextTakeover
    serverContextTakeover = compression.serverContextTakeover
  }
}

extension WebSocketFailure {
  init(_ failure: HandshakeFailure) {
    switch failure {
    case .refused(let status, _), .redirected(let status, _):
      self.init(failure.description, httpStatus: status)
    case .http, .missingUpgrade, .wrongAccept, .subprotocolMissing, .subprotocolUnknown,
      .unwantedExtension, .reservedHeader:
      self.init(failure.description)
    }
  }
}
