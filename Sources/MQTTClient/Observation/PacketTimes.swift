/// When something happened to packet identifiers, in microseconds.
///
/// Identifiers are used in runs, so the memory comes in pages of 1024 as far as they are used.
struct PacketTimes {
  private var pages = [[UInt64]](repeating: [], count: 64)

  /// Remembers a time.
  mutating func set(_ id: PacketID, to time: UInt64) {
    let (page, index) = Self.place(of: id)
    if pages[page].isEmpty { pages[page] = Array(repeating: 0, count: 1024) }
    pages[page][index] = time &+ 1
  }

  /// Remembers a time unless there is one.
  mutating func setIfAbsent(_ id: PacketID, to time: UInt64) {
    let (page, index) = Self.place(of: id)
    if pages[page].isEmpty || pages[page][index] == 0 { set(id, to: time) }
  }

  /// Forgets the time and returns it.
  mutating func take(_ id: PacketID) -> UInt64? {
    let (page, index) = Self.place(of: id)
    guard !pages[page].isEmpty, pages[page][index] != 0 else { return nil }
    defer { pages[page][index] = 0 }
    return pages[page][index] &- 1
  }

  mutating func removeAll() {
    for page in pages.indices where !pages[page].isEmpty {
      for index in pages[page].indices { pages[page][index] = 0 }
    }
  }

  private static func place(of id: PacketID) -> (page: Int, index: Int) {
    (Int(id >> 10), Int(id & 1023))
  }
}
