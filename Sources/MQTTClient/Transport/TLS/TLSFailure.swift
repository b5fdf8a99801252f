/// Why a TLS connection could not be made or went on.
public struct TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// A sentence in words, without secrets.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
