import EventLoop
import MQTTClient

/// Names one accepted publish: a UUID whose first 48 bits are the time. [RFC 9562, 5.7]
struct MessageID: Hashable, Sendable {
  let high: UInt64
  let low: UInt64
}

/// Who may look a message up: its id says it, so that no table has to.
extension MessageID {
  /// Whether this owner's publish was given the id.
  func isMarked(for owner: String) -> Bool {
    Self.mark(of: owner).map { low & 0xFFFF_FFFF == $0 } ?? false
  }

  /// 32 bits of the hash of an account; nil where nobody is asked who they are.
  static func mark(of owner: String) -> UInt64? {
    guard !owner.isEmpty, let hash = try? Cryptography.sha256(owner.utf8) else { return nil }
    return hash.prefix(4).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension MessageID: LosslessStringConvertible {
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    var digits = 0
    for (index, byte) in bytes.enumerated() {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
      digits += 1
    }
    self.init(high: high, low: low)
  }

  var description: String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for digit in 0..<32 {
      if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append(UInt8(ascii: "-")) }
      let half = digit < 16 ? high : low
      let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (digit % 16))) & 0x0F
      text.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Makes message ids that increase in this process, from any thread.
final class MessageIDGenerator: Sendable {
  private struct State {
    var milliseconds: Int64 = 0
    var counter: UInt16 = 0
    /// Randomness in stock: asking the system for each id costs a system call.
    var stock: [UInt8] = []

    mutating func random() -> UInt64 {
      if stock.count < 8 { stock = MessageIDGenerator.freshStock() }
      let word = stock.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
      stock.removeLast(8)
      return word
    }
  }

  private static let stockBytes = 2048

  private static func freshStock() -> [UInt8] {
    if let bytes = try? Cryptography.randomBytes(stockBytes) { return bytes }
    var generator = SystemRandomNumberGenerator()
    return (0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private let state = Locked(State())

  /// The next id; `now` is the time of day in milliseconds since 1970.
  ///
  /// Where callers are known, half of the random bits are a mark of the owner instead.
  func next(at now: Int64, owner: String = "") -> MessageID {
    let (milliseconds, counter, random) = state.withLock { state in
      if now > state.milliseconds {
        state.milliseconds = now
        state.counter = 0
      } else if state.counter == 0x0FFF {
        state.milliseconds += 1
        state.counter = 0
      } else {
        state.counter += 1
      }
      return (state.milliseconds, state.counter, state.random())
    }
    let time = UInt64(truncatingIfNeeded: milliseconds) & 0xFFFF_FFFF_FFFF
    var low = 0x8000_0000_0000_0000 | random & 0x3FFF_FFFF_FFFF_FFFF
    if let mark = MessageID.mark(of: owner) { low = low & 0xFFFF_FFFF_0000_0000 | mark }
    return MessageID(high: time << 16 | 0x7000 | UInt64(counter), low: low)
  }
}
