/// The rows of the tables under one heading of a Markdown text.
struct MarkdownRows {
  struct Row: CustomStringConvertible {
    let cells: [String]
    /// Counted from 1.
    let line: Int

    var description: String { "line \(line): \(cells.first ?? "")" }

    /// The texts between backticks in a cell.
    func codeSpans(in cell: Int) -> [String] {
      guard cells.indices.contains(cell) else { return [] }
      let parts = cells[cell].split(separator: "`", omittingEmptySubsequences: false)
      return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
    }
  }

  let rows: [Row]

  /// Reads from the heading `## heading` to the next of its level; from the start if it is nil.
  init(_ text: String, under heading: String? = nil) {
    var rows: [Row] = []
    var isInside = heading == nil
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if let heading, line.hasPrefix("## ") { isInside = line == "## \(heading)" }
      guard isInside, line.hasPrefix("|"), !line.hasPrefix("|-"), !line.hasPrefix("| -") else {
        continue
      }
      let cells = line.split(separator: "|").map { cell in
        String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      rows.append(Row(cells: cells, line: index + 1))
    }
    // The names of the columns stand in the row before a row of dashes.
    self.rows = rows.filter { row in
      !(lines.indices.contains(row.line) && lines[row.line].hasPrefix("|-"))
    }
  }
}
