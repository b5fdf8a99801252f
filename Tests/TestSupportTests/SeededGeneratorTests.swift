import TestSupport
import Testing

@Suite struct SeededGeneratorTests {
  @Test func `the same seed gives the same numbers`() {
    var first = SeededGenerator(seed: 42)
    var second = SeededGenerator(seed: 42)
    var third = SeededGenerator(seed: 43)
    let numbers = (0..<8).map { _ in first.next() }
    #expect(numbers == (0..<8).map { _ in second.next() })
    #expect(numbers != (0..<8).map { _ in third.next() })
  }
}
