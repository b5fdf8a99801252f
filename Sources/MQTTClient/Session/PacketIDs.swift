/// Which packet identifiers the client uses: one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE.
///
/// Callers may choose identifiers from `callerRange`. Those that the session chooses come as its
/// `PacketIDOrder` says.
package struct PacketIDs: ~Copyable {
  package static let callerRange: ClosedRange<PacketID> = 1...61_439
  private static let ownRange = 61_440...65_535

  /// One bit for each identifier; set means in use, and zero always is.
  private var words: [UInt64]
  private var cursor: Int
  private let order: PacketIDOrder
  package private(set) var count = 0

  package init(order: PacketIDOrder = .reserving) {
    words = Array(repeating: 0, count: 1024)
    words[0] = 1
    self.order = order
    cursor = order == .ascending ? 1 : Self.ownRange.upperBound
  }

  package func isInUse(_ id: PacketID) -> Bool {
    words[Int(id) >> 6] & (1 << (UInt64(id) & 63)) != 0
  }

  /// Take this identifier, if it is free.
  package mutating func claim(_ id: PacketID) -> Bool {
    guard !isInUse(id) else { return false }
    words[Int(id) >> 6] |= 1 << (UInt64(id) & 63)
    count += 1
    return true
  }

  /// Take any free identifier; nil if all 65,535 are in use.
  package mutating func allocate() -> PacketID? {
    order == .ascending ? allocateUpwards() : allocateReserved()
  }

  private mutating func allocateUpwards() -> PacketID? {
    let found = lowestFree(cursor...65_535) ?? lowestFree(1...65_535)
    guard let found, claim(found) else { return nil }
    cursor = found == .max ? 1 : Int(found) + 1
    return found
  }

  private mutating func allocateReserved() -> PacketID? {
    let own = Self.ownRange
    let found =
      highestFree(own.lowerBound...cursor) ?? highestFree(own)
      ?? highestFree(1...(own.lowerBound - 1))
    guard let found, claim(found) else { return nil }
    if own.contains(Int(found)) {
      cursor = Int(found) == own.lowerBound ? own.upperBound : Int(found) - 1
    }
    return found
  }

  package mutating func release(_ id: PacketID) {
    precondition(id != 0 && isInUse(id), "packet identifier \(id) is not in use")
    words[Int(id) >> 6] &= ~(1 << (UInt64(id) & 63))
    count -= 1
  }

  private func lowestFree(_ range: ClosedRange<Int>) -> PacketID? {
    let (low, high) = (range.lowerBound, range.upperBound)
    for word in (low >> 6)...(high >> 6) {
      var free = ~words[word]
      if word == low >> 6 { free &= .max << UInt64(low & 63) }
      if free != 0 { return PacketID(word << 6 + free.trailingZeroBitCount) }
    }
    return nil
  }

  private func highestFree(_ range: ClosedRange<Int>) -> PacketID? {
    let (low, high) = (range.lowerBound, range.upperBound)
    for word in stride(from: high >> 6, through: low >> 6, by: -1) {
      var free = ~words[word]
      if word == high >> 6 { free &= .max >> UInt64(63 - high & 63) }
      if word == low >> 6 { free &= .max << UInt64(low & 63) }
      if free != 0 { return PacketID(word << 6 + 63 - free.leadingZeroBitCount) }
    }
    return nil
  }
}
