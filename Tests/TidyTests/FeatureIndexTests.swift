import Testing

/// `docs/mqtt-client-features.md` answers every row of the inventory it was made from.
@Suite struct FeatureIndexTests {
  /// The kinds of rows and how many there are of each; those without a letter are the features.
  static let groups: [(letter: String, count: Int)] = [
    ("", 256), ("G", 60), ("B", 37), ("T", 4), ("O", 33), ("D", 16), ("N", 16),
  ]

  private static func rows() throws -> [MarkdownRows.Row] {
    let text = try #require(Repository.text(of: "docs/mqtt-client-features.md"))
    return MarkdownRows(text).rows
  }

  @Test func `every row of the inventory has one answer`() throws {
    let expected = Self.groups.flatMap { group in
      (1...group.count).map { "\(group.letter)\($0)" }
    }
    let listed = try Self.rows().map { $0.cells[0] }
    #expect(Set(listed) == Set(expected))
    #expect(listed.count == expected.count, "a row comes twice")
  }

  @Test func `what is there has a test, and what is not has a reason`() throws {
    for row in try Self.rows() {
      try #require(row.cells.count == 4, "\(row)")
      switch row.cells[2] {
      case "have it": #expect(!row.codeSpans(in: 3).isEmpty, "\(row)")
      case "not applicable", "decided against": #expect(row.cells[3].utf8.count > 40, "\(row)")
      default: Issue.record("\(row): \(row.cells[2])")
      }
    }
  }

  @Test func `every named test exists`() throws {
    let names = TestNames(try Repository.swiftFiles(under: "Tests")).all
    for row in try Self.rows() {
      for span in row.codeSpans(in: 3) where span.contains("/") {
        #expect(names.contains(span), "\(row): \(span)")
      }
    }
  }

  @Test func `deciding against a row is rare`() throws {
    let rows = try Self.rows()
    let against = rows.count { $0.cells[2] == "decided against" }
    #expect(against * 25 < rows.count, "\(against) of \(rows.count)")
  }
}
