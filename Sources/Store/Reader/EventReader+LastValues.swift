/// The last values, as the last commit left them.
extension EventReader {
  package func lastValue(of topic: String) throws(StoreError) -> LastValue? {
    try attempt { (statements) throws(StoreError) in
      let row = statements.lastValue
      defer { row.reset() }
      try row.bind(topic, at: 1)
      return try row.step() ? LastValue(row) : nil
    }
  }

  /// Shows last values in the order of their topics, from `from` on, or behind it.
  ///
  /// It looks at `rowsMax` at most; `visit` returns false to stop. True when it came to the end.
  package func lastValues(
    from: String, isBehind: Bool, rowsMax: Int, _ visit: (LastValue) -> Bool
  ) throws(StoreError) -> Bool {
    try attempt { (statements) throws(StoreError) in
      let rows = statements.lastValues
      defer { rows.reset() }
      try rows.bind(from, at: 1)
      try rows.bind(isBehind ? 1 : 0, at: 2)
      var count = 0
      while try rows.step() {
        guard count < rowsMax, visit(LastValue(rows)) else { return false }
        count += 1
      }
      return true
    }
  }
}

extension LastValue {
  fileprivate init(_ row: Statement) {
    self.init(topic: row.text(at: 0), time: row.integer(at: 1), body: row.bytes(at: 2))
  }
}
