/// Keys that nobody can foresee, two for each question to the system. [RFC 6455, 10.3]
final class MaskKeys {
  private var generator = SystemRandomNumberGenerator()
  private var spare: UInt32?

  func next() -> UInt32 {
    if let key = exchange(&spare, with: nil) { return key }
    let both: UInt64 = generator.next()
    spare = UInt32(truncatingIfNeeded: both)
    return UInt32(truncatingIfNeeded: both >> 32)
  }
}
