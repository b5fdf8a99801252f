/// Values under keys that are never used again, found in constant time without hashing.
struct KeyedSlots<Value> {
  private struct Slot {
    var key: UInt64
    var value: Value?
  }

  /// A key is a number that grows, and behind it the place of its slot.
  private static var placeBits: UInt64 { 24 }

  private var slots: [Slot] = []
  private var free: [Int] = []
  private var lastNumber: UInt64 = 0

  var count: Int { slots.count - free.count }

  /// Whether one more value can be filed.
  var hasRoom: Bool { count < 1 << Self.placeBits }

  subscript(key: UInt64) -> Value? {
    get {
      let place = Self.place(of: key)
      return place < slots.count && slots[place].key == key ? slots[place].value : nil
    }
    set {
      let place = Self.place(of: key)
      if place < slots.count, slots[place].key == key { slots[place].value = newValue }
    }
  }

  /// Files a value and returns its key; there must be room.
  mutating func insert(_ value: Value) -> UInt64 {
    let place = free.popLast() ?? slots.count
    precondition(place < 1 << Self.placeBits, "\(place) values at a time")
    // Below the keys of a session store's publishes, and so many that none is seen again.
    lastNumber = lastNumber % (1 << 38) + 1
    let key = lastNumber << Self.placeBits | UInt64(place)
    if place == slots.count {
      slots.append(Slot(key: key, value: value))
    } else {
      slots[place] = Slot(key: key, value: value)
    }
    return key
  }

  @discardableResult
  mutating func remove(_ key: UInt64) -> Value? {
    let place = Self.place(of: key)
    guard place < slots.count, slots[place].key == key else { return nil }
    free.append(place)
    slots[place].key = 0
    return slots[place].value.take()
  }

  /// The keys of the values that are asked for, in the order of their filing.
  func keys(where isWanted: (Value) -> Bool) -> [UInt64] {
    slots.compactMap { slot in slot.value.map(isWanted) ?? false ? slot.key : nil }.sorted()
  }

  /// Takes all values out, in the order of their filing.
  mutating func removeAll() -> [Value] {
    let values = slots.sorted { $0.key < $1.key }.compactMap(\.value)
    slots = []
    free = []
    return values
  }

  private static func place(of key: UInt64) -> Int { Int(key & (1 << placeBits - 1)) }
}
