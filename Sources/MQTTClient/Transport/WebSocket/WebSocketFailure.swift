/// Why a WebSocket connection could not be made or ended.
public struct WebSocketFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// A sentence in words, without secrets.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
