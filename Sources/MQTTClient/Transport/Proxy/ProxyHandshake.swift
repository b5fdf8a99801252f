/// What is said to a proxy before the broker's bytes: bytes come in, bytes go out.
package protocol ProxyHandshake {
  /// The first words; called once, before anything else.
  mutating func start() throws(ProxyFailure) -> [UInt8]

  /// Takes what the proxy said and appends the answer to `output`.
  mutating func received(
    _ bytes: Bytes, _ output: inout [UInt8]
  ) throws(ProxyFailure) -> ProxyProgress
}

/// How far a talk with a proxy has come.
package enum ProxyProgress: Equatable, Sendable {
  case pending
  /// The way is open; `rest` came from beyond the proxy already.
  case open(rest: Bytes)
}
