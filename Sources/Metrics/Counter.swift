import Synchronization

/// A number that only grows; adding is one atomic instruction, from any thread.
package final class Counter: Sendable {
  private let cell = Atomic<Int>(0)

  package init() {}

  package var value: Int { cell.load(ordering: .relaxed) }

  package func add(_ count: Int = 1) { cell.wrappingAdd(count, ordering: .relaxed) }
}

/// One counter for each value of a label; the values are fixed, so that they stay few.
package struct CounterSet: Sendable {
  /// What is counted for a value that is none of the fixed ones.
  package static let other = "other"

  package let values: [String]
  private let counters: [Counter]

  package init(_ values: [String]) {
    self.values = values + [Self.other]
    counters = self.values.map { _ in Counter() }
  }

  package subscript(value: String) -> Counter {
    counters[values.firstIndex(of: value) ?? counters.count - 1]
  }

  /// The counter of one of the fixed values by its place among them.
  package subscript(at index: Int) -> Counter { counters[index] }

  /// Every value with its count, but `other` only when something was counted there.
  package var counts: [(value: String, count: Int)] {
    zip(values, counters).map { ($0, $1.value) }.filter { $0.0 != Self.other || $0.1 > 0 }
  }
}
