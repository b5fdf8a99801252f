/// Topics are compared byte by byte, never as Unicode text: a `String` equals another one that is
/// spelled with other code points, and a topic does not. [MQTT-4.7.3-4]
extension Span<UInt8> {
  func isIdenticalText(to other: borrowing Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  /// Feeds the hasher with words of eight bytes, which is much faster than with bytes.
  func hashText(into hasher: inout Hasher) {
    var word: UInt64 = 0
    for index in indices {
      word = word << 8 | UInt64(self[index])
      if index & 7 == 7 { hasher.combine(word) }
    }
    hasher.combine(word)
    hasher.combine(count)
  }
}
