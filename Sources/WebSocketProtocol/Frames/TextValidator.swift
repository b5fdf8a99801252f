/// Checks that bytes in pieces of any size are UTF-8, and finds the first that cannot be.
///
/// It follows table 3-7 of the Unicode standard, so that a wrong byte fails at once, not only at the
/// end of the message.
struct TextValidator: Sendable {
  /// How many bytes of the present character are missing.
  private var missing = 0
  /// What the next of these may be.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// Whether the bytes so far end with a whole character.
  var isComplete: Bool { missing == 0 }

  /// False when the bytes so far cannot begin a UTF-8 text.
  mutating func accepts(_ bytes: ArraySlice<UInt8>) -> Bool {
    for byte in bytes {
      if missing == 0, byte < 0x80 { continue }
      guard missing == 0 ? begin(byte) : goOn(byte) else { return false }
    }
    return true
  }

  private mutating func goOn(_ byte: UInt8) -> Bool {
    guard lowest <= byte, byte <= highest else { return false }
    missing -= 1
    (lowest, highest) = (0x80, 0xBF)
    return true
  }

  private mutating func begin(_ byte: UInt8) -> Bool {
    switch byte {
    case 0xC2...0xDF: missing = 1
    case 0xE0...0xEF:
      missing = 2
      if byte == 0xE0 { lowest = 0xA0 }
      if byte == 0xED { highest = 0x9F }
    case 0xF0...0xF4:
      missing = 3
      if byte == 0xF0 { lowest = 0x90 }
      if byte == 0xF4 { highest = 0x8F }
    default: return false
    }
    return true
  }
}
