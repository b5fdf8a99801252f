/// Cuts newline-delimited JSON into its lines as the bytes come.
///
/// A line of blanks is none. Of a line that is too long nothing is kept.
struct NDJSONLines {
  /// One line without its end, and its number in the text, from 1.
  struct Line: Equatable {
    let number: Int
    let bytes: [UInt8]
    /// Longer than what may be; it has no bytes then.
    var isTooLong = false
  }

  private let lineBytesMax: Int
  private var unfinished: [UInt8] = []
  private var isTooLong = false
  private var number = 0

  /// Without a bound here, a line is bounded by the bound of the whole body.
  init(lineBytesMax: Int = .max) { self.lineBytesMax = lineBytesMax }

  /// Takes more bytes and appends the lines that they complete.
  mutating func feed(_ bytes: some Collection<UInt8>, into lines: inout [Line]) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      append(rest[..<end])
      self.end(into: &lines)
      rest = rest[rest.index(after: end)...]
    }
    append(rest)
  }

  /// The text is over: what is left is a line too.
  mutating func finish(into lines: inout [Line]) {
    if !unfinished.isEmpty || isTooLong { end(into: &lines) }
  }

  private mutating func append(_ bytes: some Collection<UInt8>) {
    guard !isTooLong else { return }
    guard bytes.count <= lineBytesMax - unfinished.count else {
      isTooLong = true
      unfinished = []
      return
    }
    unfinished.append(contentsOf: bytes)
  }

  private mutating func end(into lines: inout [Line]) {
    number += 1
    let isBlank = unfinished.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    if isTooLong || !isBlank {
      lines.append(Line(number: number, bytes: unfinished, isTooLong: isTooLong))
    }
    unfinished.removeAll(keepingCapacity: true)
    isTooLong = false
  }
}
