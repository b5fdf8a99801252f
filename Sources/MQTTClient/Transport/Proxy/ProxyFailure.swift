/// Why a proxy did not let us through.
public struct ProxyFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// A sentence in words, without secrets.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
