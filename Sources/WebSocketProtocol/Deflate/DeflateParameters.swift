/// How both ends have agreed to compress messages. [RFC 7692, 7.1]
package struct DeflateParameters: Equatable, Sendable {
  /// The window of what the client compresses, 8 to 15 bits.
  package var clientWindowBits = 15
  package var serverWindowBits = 15
  /// Whether the client may refer to its earlier messages.
  package var clientContextTakeover = true
  package var serverContextTakeover = true

  package init() {}
}
