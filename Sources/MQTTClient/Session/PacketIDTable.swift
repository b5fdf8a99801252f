/// Values by packet identifier, found in constant time without hashing.
///
/// Identifiers are used in runs, so the memory comes in pages, which are given back when they are
/// empty; one is kept for the next use.
struct PacketIDTable<Value> {
  private static var pageLength: Int { 64 }

  private struct Page {
    var values: [Value?] = []
    var count = 0
  }

  private var pages: [Page] = []
  /// An empty page's memory, or nothing.
  private var spare: [Value?] = []

  subscript(id: PacketID) -> Value? {
    get {
      let (page, index) = Self.place(of: id)
      guard page < pages.count, pages[page].count > 0 else { return nil }
      return pages[page].values[index]
    }
    set {
      if let newValue {
        set(id, newValue)
      } else {
        removeValue(forKey: id)
      }
    }
  }

  /// The identifiers with a value, in order.
  var keys: [PacketID] {
    pages.indices.flatMap { page in
      guard pages[page].count > 0 else { return [PacketID]() }
      return pages[page].values.indices.compactMap { index in
        pages[page].values[index] == nil ? nil : PacketID(page * Self.pageLength + index)
      }
    }
  }

  @discardableResult
  mutating func removeValue(forKey id: PacketID) -> Value? {
    guard let value = self[id] else { return nil }
    let (page, index) = Self.place(of: id)
    pages[page].values[index] = nil
    pages[page].count -= 1
    if pages[page].count == 0 { swap(&spare, &pages[page].values) }
    if pages[page].count == 0 { pages[page].values = [] }
    return value
  }

  mutating func removeAll() { self = PacketIDTable() }

  private mutating func set(_ id: PacketID, _ value: Value) {
    let (page, index) = Self.place(of: id)
    while pages.count <= page { pages.append(Page()) }
    if pages[page].count == 0 {
      swap(&spare, &pages[page].values)
      if pages[page].values.isEmpty {
        pages[page].values = Array(repeating: nil, count: Self.pageLength)
      }
    }
    if pages[page].values[index] == nil { pages[page].count += 1 }
    pages[page].values[index] = value
  }

  private static func place(of id: PacketID) -> (page: Int, index: Int) {
    (Int(id) / pageLength, Int(id) % pageLength)
  }
}
