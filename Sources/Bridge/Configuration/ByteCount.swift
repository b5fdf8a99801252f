/// An amount of memory or disk in bytes.
struct ByteCount: Comparable, Sendable {
  let bytes: Int

  init(bytes: Int) {
    self.bytes = bytes
  }

  static func kibibytes(_ count: Int) -> Self { Self(bytes: count << 10) }
  static func mebibytes(_ count: Int) -> Self { Self(bytes: count << 20) }
  static func gibibytes(_ count: Int) -> Self { Self(bytes: count << 30) }

  static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }
}

extension ByteCount: CustomStringConvertible {
  private static let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]

  /// The number with the largest unit that leaves it whole, as in `64MiB`.
  var description: String {
    for (name, shift) in Self.units where bytes > 0 && bytes & (1 << shift - 1) == 0 {
      return "\(bytes >> shift)\(name)"
    }
    return "\(bytes)"
  }

  /// Reads a number of bytes, or a number with one of the units KiB, MiB, GiB and TiB.
  init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text[digits.endIndex...].drop { $0 == " " }
    guard let number = Int(digits) else { return nil }
    guard !unit.isEmpty && unit != "B" else {
      self.init(bytes: number)
      return
    }
    guard let shift = Self.units.first(where: { $0.0 == unit })?.1 else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    guard !overflow else { return nil }
    self.init(bytes: bytes)
  }
}
