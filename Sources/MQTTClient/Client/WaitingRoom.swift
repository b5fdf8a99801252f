import DequeModule

/// Elements that wait for consumers, and consumers that wait for elements; under its owner's lock.
///
///     open ─end─▶ ended: what waits can still be taken, then every consumer hears of the end
///
/// Who changes it under a lock resumes what it returns after letting go of the lock.
struct WaitingRoom<Element: Sendable>: Sendable {
  /// How a sequence ends.
  enum Ending: Equatable, Sendable {
    case finished
    case failed(ClientError)
  }

  /// What a consumer gets.
  enum Taken: Sendable {
    case element(Element)
    case ended(Ending)
  }

  typealias Consumer = CheckedContinuation<Taken, Never>

  private(set) var elements: Deque<Element> = []
  private var consumers: Deque<(id: UInt64, consumer: Consumer)> = []
  private var lastID: UInt64 = 0
  private(set) var ending: Ending?

  var hasConsumers: Bool { !consumers.isEmpty }

  /// The consumer that gets the element, when one waits; otherwise the element waits.
  mutating func add(_ element: Element) -> Consumer? {
    if let consumer = consumers.popFirst()?.consumer { return consumer }
    elements.append(element)
    return nil
  }

  mutating func removeOldest() -> Element? { elements.popFirst() }

  mutating func removeAll() -> Deque<Element> { exchange(&elements, with: []) }

  /// What a consumer can have at once.
  mutating func take() -> Taken? {
    if let element = elements.popFirst() { return .element(element) }
    return ending.map(Taken.ended)
  }

  mutating func nextID() -> UInt64 {
    lastID += 1
    return lastID
  }

  /// A consumer begins to wait; call `take` before.
  mutating func wait(_ id: UInt64, _ consumer: Consumer) { consumers.append((id, consumer)) }

  /// A consumer no longer waits; nil if it does not.
  mutating func leave(_ id: UInt64) -> Consumer? {
    guard let index = consumers.firstIndex(where: { $0.id == id }) else { return nil }
    return consumers.remove(at: index).consumer
  }

  /// Nothing more will come; returns the consumers to be told.
  mutating func end(_ ending: Ending) -> [Consumer] {
    guard self.ending == nil else { return [] }
    self.ending = ending
    defer { consumers.removeAll() }
    return consumers.map(\.consumer)
  }
}
