/// The newest message of a topic; the store never interprets `body`.
package struct LastValue: Sendable, Equatable {
  package let topic: String
  /// Milliseconds since 1970.
  package let time: Int64
  package let body: [UInt8]
}

/// What an event means for the last value of its topic.
package enum LastValueChange: Sendable, Equatable {
  /// It is the last value.
  case set([UInt8])
  /// It is, unless there is one that is at least as new as this time, in milliseconds since 1970.
  case fill([UInt8], olderThan: Int64)
  /// There is none any more.
  case remove
}
