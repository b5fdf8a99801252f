import Access
import HTTPFront
import MQTTClient

/// What one `GET /history` asks for.
struct HistoryQuestion: Equatable, Sendable {
  static let limitMaximum = 1000

  let filters: [TopicFilter]
  let encoding: Representation.Encoding
  /// The whole log when the request does not say.
  private(set) var start = StreamStart.earliest
  /// The last moment, in milliseconds since 1970.
  private(set) var until: Int64?
  private(set) var limit = 100
  /// Leaves out what the caller must not get.
  var `guard`: DeliveryGuard?

  init(_ query: Query, at now: Int64) throws(Problem) {
    let parameters = try StreamParameters(
      query, fields: StreamParameters.Field.history, topicsMaximum: 64)
    filters = parameters.filters
    encoding = parameters.representation.encoding
    if let since = parameters.start.since, !since.isEmpty {
      start = try StreamStartFields.since(since, at: now)
    }
    if let limit = parameters.page[.limit] {
      self.limit = try FieldText.number("limit", limit, 1...Self.limitMaximum)
    }
    if let cursor = parameters.page[.cursor] {
      guard let id = EventID(cursor) else {
        throw Problem(.badEventID, detail: "'cursor' must be what 'next' was before")
      }
      start = .after(id)
    }
    if let until = parameters.page[.until] {
      guard let time = StreamStartFields.time(until, at: now) else {
        throw Problem(
          .badParameter, detail: "'until' must be a time",
          hint: "a duration such as 10m, seconds since 1970, or RFC 3339")
      }
      self.until = time
    }
  }
}
