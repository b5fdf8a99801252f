/// A name of the durable set.
package struct RecordedName: Sendable, Equatable {
  package let name: String
  /// The newest event of the log when the name was recorded; 0 before the first event.
  package let since: Int64

  package init(name: String, since: Int64) {
    self.name = name
    self.since = since
  }
}
