/// Why a test could not go on: a fact about the surroundings, in one sentence.
package struct TestFailure: Error, CustomStringConvertible, Sendable {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
