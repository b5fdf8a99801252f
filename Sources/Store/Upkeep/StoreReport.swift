/// What a check of a data directory found.
package struct StoreReport: Sendable, Equatable {
  package var schema: Int64 = 0
  /// One sentence each; empty when all is well.
  package var problems: [String] = []
  /// How much each table holds, counted row by row.
  package var counts: [Count] = []

  package struct Count: Sendable, Equatable {
    package let name: String
    package let value: Int64
  }

  package var isSound: Bool { problems.isEmpty }
}
