/// The four bytes that hide a client's payload from careless proxies. [RFC 6455, 5.3]
struct MaskKey: Equatable, Sendable {
  /// The first byte on the wire is the highest one.
  let word: UInt32

  /// The key as it is for the payload from this offset on.
  func advanced(by offset: Int) -> MaskKey {
    let bits = UInt32(offset & 3) * 8
    return MaskKey(word: word << bits | word >> ((32 - bits) & 31))
  }

  /// Masks or unmasks, which is the same, all bytes from `start` on.
  func apply(to bytes: inout [UInt8], from start: Int) {
    let first = UInt8(truncatingIfNeeded: word >> 24)
    let second = UInt8(truncatingIfNeeded: word >> 16)
    let third = UInt8(truncatingIfNeeded: word >> 8)
    let fourth = UInt8(truncatingIfNeeded: word)
    var span = bytes.mutableSpan
    let count = span.count
    var index = start
    // Four bytes a turn, which the compiler makes one or more words of.
    while index &+ 4 <= count {
      span[index] ^= first
      span[index &+ 1] ^= second
      span[index &+ 2] ^= third
      span[index &+ 3] ^= fourth
      index &+= 4
    }
    if index < count { span[index] ^= first }
    if index &+ 1 < count { span[index &+ 1] ^= second }
    if index &+ 2 < count { span[index &+ 2] ^= third }
  }
}
