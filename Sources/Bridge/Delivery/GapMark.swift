import HTTPFront

/// Something was lost, or may have been, at this place of the event log.
struct GapMark: Equatable, Sendable {
  /// A stable word, such as `broker_session_lost`.
  var reason: String
  /// How many messages are missing; nil when nobody can count them.
  var missed: Int?
  /// Whether `missed` counts exactly; otherwise it is the most that can be missing.
  var isExact = true
  /// Only messages of QoS 0 can be missing.
  var isQoS0Only = false

  /// How the log keeps it: `missed qos0 reason`, where `~` before a number says that it is a bound.
  var encoded: [UInt8] {
    let count = missed.map { (isExact ? "" : "~") + String($0) } ?? "-"
    return Array("\(count) \(isQoS0Only ? 1 : 0) \(reason)".utf8)
  }

  init(reason: String, missed: Int? = nil, isExact: Bool = true, isQoS0Only: Bool = false) {
    self.reason = reason
    self.missed = missed
    self.isExact = isExact
    self.isQoS0Only = isQoS0Only
  }

  /// How clients are told.
  var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("missed", missed.map { .integer($0) } ?? .null),
      .init("exact", .boolean(missed != nil && isExact)),
      .init("reason", .string(reason)),
    ]
    if isQoS0Only { members.append(.init("qos", .integer(0))) }
    return members
  }

  /// Nil when the bytes are not what `encoded` wrote.
  init?(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    let parts = text.split(separator: " ", maxSplits: 2)
    guard parts.count == 3 else { return nil }
    let isExact = !parts[0].hasPrefix("~")
    let missed = Int(isExact ? parts[0] : parts[0].dropFirst())
    self.init(
      reason: String(parts[2]), missed: missed, isExact: isExact, isQoS0Only: parts[1] == "1")
    // Numbers have other spellings too, which nobody wrote.
    guard encoded == bytes, missed ?? 0 >= 0 else { return nil }
  }
}

/// What the rows of the event log are.
enum EventKind: UInt8, Sendable {
  case message = 0
  case gap = 1
  /// From here on the log has what one more filter brings; for no reader.
  case start = 2
}
