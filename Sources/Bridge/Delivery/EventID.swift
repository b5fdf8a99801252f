/// The identifier of one event of the log: `<epoch>-<sequence>-<time>`, such as `k3f9x-1043-mfv2k1c0`.
///
/// The epoch tells the lives of a database apart, the sequence grows over all topics, and the time is
/// in milliseconds since 1970, in base 36: another replica cannot know the sequence, but the time.
struct EventID: Equatable, Sendable {
  let epoch: String
  let sequence: Int64
  /// Milliseconds since 1970.
  let time: Int64

  init(epoch: String, sequence: Int64, time: Int64) {
    self.epoch = epoch
    self.sequence = sequence
    self.time = time
  }

  /// Reads what `description` wrote; nil for anything else.
  init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 3, (1...16).contains(parts[0].count), parts[0].allSatisfy(Self.isDigit),
      let sequence = Self.number(parts[1], radix: 10), let time = Self.number(parts[2], radix: 36)
    else { return nil }
    self.init(epoch: String(decoding: parts[0], as: UTF8.self), sequence: sequence, time: time)
  }

  /// Lower-case digits only, without leading zeros, and no more than an Int64 holds.
  private static func number(_ digits: Substring.UTF8View, radix: Int) -> Int64? {
    guard (1...19).contains(digits.count), digits.allSatisfy(isDigit),
      digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { return nil }
    return Int64(String(decoding: digits, as: UTF8.self), radix: radix)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
}

extension EventID: CustomStringConvertible {
  var description: String { "\(epoch)-\(sequence)-\(String(time, radix: 36))" }
}
