import Testing

/// The tools that read the indexes in `docs` find what they are meant to find.
@Suite struct IndexToolTests {
  @Test func `tests are found with their suites`() {
    let source = """
      @Suite struct ATests {
        @Test(arguments: [1, 2])
        func `first test`(n: Int) {}
        @Test mutating func second() {}
        func `no test`() {}
      }
      extension BTests {
        @Test func `third`() {}
      }
      """
    let names = TestNames([SourceFile(path: "x.swift", text: source)]).all
    #expect(names == ["ATests/first test", "ATests/second", "BTests/third"])
  }

  @Test func `rows are found under their heading`() {
    let text = """
      ## One
      | a | b |
      |---|---|
      | 1 | `x` and `y` |
      ## Two
      | a | b |
      |---|---|
      | 2 |  |
      """
    #expect(MarkdownRows(text).rows.map { $0.cells[0] } == ["1", "2"])
    #expect(MarkdownRows(text, under: "Two").rows.map(\.cells) == [["2", ""]])
    #expect(MarkdownRows(text, under: "One").rows.first?.codeSpans(in: 1) == ["x", "y"])
  }
}
