/// Why a WebSocket connection could not be made or ended.
public struct WebSocketFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// A sentence in words, without secrets.
  public let description: String
  /// The status of the HTTP response, if the server refused the handshake with one.
  public let httpStatus: Int?
  /// The status code of a Close frame, the server's or this client's own.
  public let closeCode: UInt16?

  init(_ description: String, httpStatus: Int? = nil, closeCode: UInt16? = nil) {
    self.description = description
    self.httpStatus = httpStatus
    self.closeCode = closeCode
  }
}
