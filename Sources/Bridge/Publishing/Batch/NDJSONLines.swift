/// Cuts newline-delimited JSON into its lines as the bytes come.
///
/// A line of blanks is none. What one line may hold is bounded by the bound of the whole body.
struct NDJSONLines: ~Copyable {
  /// One line without its end, and its number in the text, from 1.
  struct Line: Equatable {
    let number: Int
    let bytes: [UInt8]
  }

  private var unfinished: [UInt8] = []
  private var number = 0

  /// Takes more bytes and appends the lines that they complete.
  mutating func feed(_ bytes: some Sequence<UInt8>, into lines: inout [Line]) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        end(into: &lines)
      } else {
        unfinished.append(byte)
      }
    }
  }

  /// The text is over: what is left is a line too.
  mutating func finish(into lines: inout [Line]) {
    if !unfinished.isEmpty { end(into: &lines) }
  }

  private mutating func end(into lines: inout [Line]) {
    number += 1
    let isBlank = unfinished.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    if !isBlank { lines.append(Line(number: number, bytes: unfinished)) }
    unfinished.removeAll(keepingCapacity: true)
  }
}
