/// Writes the content of a ticket: numbers of eight bytes, and texts with their length before them.
struct TicketWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ number: Int64) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  mutating func append(_ number: UInt8) { bytes.append(number) }

  mutating func append(_ content: some Collection<UInt8>) {
    bytes.append(UInt8(truncatingIfNeeded: content.count >> 8))
    bytes.append(UInt8(truncatingIfNeeded: content.count))
    bytes.append(contentsOf: content)
  }
}

/// Reads what `TicketWriter` wrote; nil at the end of the bytes.
struct TicketReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number() -> Int64? {
    guard rest.count >= 8 else { return nil }
    let number = rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(8)
    return Int64(bitPattern: number)
  }

  mutating func byte() -> UInt8? { rest.popFirst() }

  mutating func content() -> [UInt8]? {
    guard let high = rest.popFirst(), let low = rest.popFirst() else { return nil }
    let count = Int(high) << 8 | Int(low)
    guard rest.count >= count else { return nil }
    let content = Array(rest.prefix(count))
    rest = rest.dropFirst(count)
    return content
  }

  mutating func text() -> String? {
    content().flatMap { String(validating: $0, as: UTF8.self) }
  }
}
