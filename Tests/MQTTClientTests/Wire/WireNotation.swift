/// Bytes in a notation that reads like the packet tables of the specification.
///
///     20 05          bytes in hexadecimal
///     'topic'        a string: two bytes of length, then its UTF-8
///     [ … ]          a block: its length as a variable byte integer, then its content
func wire(_ notation: String) -> [UInt8] {
  var parser = WireNotation(rest: notation[...])
  return parser.block()
}

private struct WireNotation {
  var rest: Substring

  /// Reads up to the bracket that closes this block.
  mutating func block() -> [UInt8] {
    var bytes: [UInt8] = []
    while let character = rest.popFirst(), character != "]" {
      switch character {
      case " ", "\n": break
      case "[":
        let content = block()
        bytes += variableInteger(content.count) + content
      case "'":
        let text = rest.prefix { $0 != "'" }
        rest = rest.dropFirst(text.count + 1)
        bytes += [UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xFF)] + text.utf8
      default:
        guard let low = rest.popFirst(), let byte = UInt8("\(character)\(low)", radix: 16) else {
          preconditionFailure("bad notation before \(rest)")
        }
        bytes.append(byte)
      }
    }
    return bytes
  }

  private func variableInteger(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 0x7F | 0x80)] + variableInteger(value >> 7)
  }
}
