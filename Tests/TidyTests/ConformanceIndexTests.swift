import Testing

/// `docs/conformance.md` has an answer for every statement of both specifications.
@Suite struct ConformanceIndexTests {
  struct Version: Sendable, CustomTestStringConvertible {
    let heading: String
    let statements: Set<String>

    var testDescription: String { heading }
  }

  static let versions = [
    Version(heading: "MQTT 5.0", statements: SpecificationStatements.version5),
    Version(heading: "MQTT 3.1.1", statements: SpecificationStatements.version311),
  ]

  private static func rows(_ heading: String) throws -> [MarkdownRows.Row] {
    let text = try #require(Repository.text(of: "docs/conformance.md"))
    return MarkdownRows(text, under: heading).rows
  }

  @Test func `the lists have as many statements as the specifications`() {
    #expect(SpecificationStatements.version5.count == 252)
    #expect(SpecificationStatements.version311.count == 141)
  }

  @Test(arguments: versions) func `every statement has one row`(version: Version) throws {
    let listed = try Self.rows(version.heading).map { $0.cells[0] }
    #expect(Set(listed) == version.statements)
    #expect(listed.count == version.statements.count, "a statement comes twice")
  }

  @Test(arguments: versions)
  func `what binds a client has a test, or a reason why there is none`(version: Version) throws {
    for row in try Self.rows(version.heading) {
      try #require(row.cells.count == 4, "\(row)")
      switch row.cells[1] {
      case "client", "both":
        let hasReason = row.cells[3].hasPrefix("No test: ") && row.cells[3].utf8.count > 30
        #expect(!row.codeSpans(in: 3).isEmpty || hasReason, "\(row)")
      case "broker": break
      default: Issue.record("\(row): \(row.cells[1])")
      }
    }
  }

  @Test(arguments: versions) func `every named test exists`(version: Version) throws {
    let names = TestNames(try Repository.swiftFiles(under: "Tests")).all
    for row in try Self.rows(version.heading) {
      for span in row.codeSpans(in: 3) { #expect(names.contains(span), "\(row): \(span)") }
    }
  }

  /// Tags in the sources have the numbers of MQTT 5.0.
  @Test func `every tag in the sources is a statement of MQTT 5`() throws {
    let files = try ["Sources", "Tests", "Fuzz"].flatMap { try Repository.swiftFiles(under: $0) }
    var count = 0
    for file in files {
      for part in file.text.split(separator: "[MQTT-").dropFirst() where part.first != "\"" {
        let tag = String(part.prefix { $0 != "]" })
        count += 1
        #expect(SpecificationStatements.version5.contains(tag), "\(file): \(tag)")
      }
    }
    #expect(count > 100)
  }

  @Test func `the numbers in the text are those of the tables`() throws {
    let text = try #require(Repository.text(of: "docs/conformance.md"))
    for version in Self.versions {
      let bound = try Self.rows(version.heading).count { $0.cells[1] != "broker" }
      let sentence = "\(version.heading): \(version.statements.count) statements, \(bound) of them"
      #expect(text.contains(sentence), "\(sentence)")
    }
  }
}
