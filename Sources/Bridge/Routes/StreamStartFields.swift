import EventLoop
import HTTPFront

/// The fields that say where in the event log a reader begins.
struct StreamStartFields: Equatable {
  private(set) var lastEventID: String?
  private(set) var since: String?
  private(set) var rewind: Int?

  static let rewindMaximum = 10_000

  mutating func set(lastEventID text: String) { lastEventID = text }
  mutating func set(since text: String) { since = text }

  mutating func set(rewind text: String) throws(Problem) {
    rewind = try FieldText.number("rewind", text, 0...Self.rewindMaximum)
  }

  /// What the fields and the header mean together.
  ///
  /// The header wins over everything: a browser that reconnects sends it with the URL that the page
  /// once gave.
  func start(header: String?, at now: Int64) throws(Problem) -> StreamStart {
    if let header, !header.isEmpty { return try Self.position(header) }
    guard [lastEventID != nil, since != nil, rewind != nil].filter(\.self).count <= 1 else {
      throw Problem(
        .badParameter, detail: "'last_event_id', 'since' and 'rewind' exclude each other",
        hint: "give one of them")
    }
    if let lastEventID { return lastEventID.isEmpty ? .live : try Self.position(lastEventID) }
    if let rewind { return rewind == 0 ? .live : .newest(rewind) }
    guard let since else { return .live }
    return try Self.since(since, at: now)
  }

  private static func position(_ text: String) throws(Problem) -> StreamStart {
    if text == "earliest" { return .earliest }
    guard let id = EventID(text) else {
      throw Problem(
        .badEventID, detail: "'\(text)' is not the id of an event",
        hint: "ids are opaque: send back what a stream gave, or earliest")
    }
    return .after(id)
  }

  /// A duration before now, seconds since 1970, RFC 3339, an id, `all` or `none`.
  static func since(_ text: String, at now: Int64) throws(Problem) -> StreamStart {
    switch text {
    case "none", "": return .live
    case "all", "earliest": return .earliest
    default:
      if let time = time(text, at: now) { return .since(time) }
      if let id = EventID(text) { return .after(id) }
      throw Problem(
        .badParameter, detail: "'\(text)' is neither a time nor the id of an event",
        hint: "a duration such as 10m, seconds since 1970, RFC 3339, an event id, all, or none")
    }
  }

  /// Milliseconds since 1970; nil when the text names no time.
  static func time(_ text: String, at now: Int64) -> Int64? {
    if text.allSatisfy({ $0.isASCII && $0.isNumber }) {
      guard let seconds = Int64(text), seconds < 1 << 40 else { return nil }
      return seconds * 1000
    }
    if let timestamp = Timestamp(text) { return timestamp.milliseconds }
    guard let ago = try? Duration(settingText: text), ago <= .seconds(3650 * 86_400) else {
      return nil
    }
    return now - Int64(ago / .milliseconds(1))
  }
}
