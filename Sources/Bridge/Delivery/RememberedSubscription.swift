/// A filter at the broker and its slot, as the store remembers them: `slot filter`.
struct RememberedSubscription: Equatable, Sendable {
  let slot: Int
  let filter: String

  init(_ slot: Int, _ filter: String) {
    self.slot = slot
    self.filter = filter
  }

  init?(name: String) {
    guard let space = name.firstIndex(of: " "), let slot = Int(name[..<space]) else { return nil }
    self.init(slot, String(name[name.index(after: space)...]))
  }

  var name: String { "\(slot) \(filter)" }
}
