import HTTPFront

/// How `/subscribe` answers.
enum StreamFormat: String, CaseIterable, Sendable {
  /// With server-sent events.
  case sse
  /// With a line of JSON for each message.
  case ndjson
  /// With one JSON document, at once or when there is something to tell.
  case json

  var mediaType: String {
    switch self {
    case .sse: "text/event-stream"
    case .ndjson: MediaType.ndjson
    case .json: MediaType.json
    }
  }

  var contentType: String {
    self == .sse ? "text/event-stream; charset=utf-8" : mediaType
  }
}

extension StreamParameters {
  /// How the request is to be answered: as its fields say, or else as its headers do.
  func format(_ headers: HeaderFields) throws(Problem) -> StreamFormat {
    let format = try chosenFormat(headers)
    switch format {
    case .sse: try refuse([.limit, .wait, .heartbeatStyle], "server-sent events")
    case .ndjson:
      try refuse([.limit, .wait], "lines")
      try checkEventName()
    case .json:
      try refuse([.heartbeat, .heartbeatStyle, .rateMaximum, .soft], "a poll")
      if subscription == nil { try refuse([.takeover, .acknowledgesWrites], "a poll of topics") }
      try checkEventName()
      guard policy == .catchup || policy == .conflate else {
        throw Problem(
          .badParameter, detail: "'policy' of a poll is catchup or conflate",
          hint: "a poll cannot be slow: it takes what there is, up to its limit")
      }
    }
    return format
  }

  private func chosenFormat(_ headers: HeaderFields) throws(Problem) -> StreamFormat {
    if let format {
      guard isPoll == nil || isPoll == (format == .json) else {
        throw Problem(.badParameter, detail: "'poll' and 'format' contradict each other")
      }
      return format
    }
    if isPoll == true { return .json }
    let offers = StreamFormat.allCases.filter { isPoll == nil || $0 != .json }
    let best = Accept(headers.values("Accept")).best(of: offers.map(\.mediaType))
    guard let format = offers.first(where: { $0.mediaType == best }) else {
      let types = offers.map(\.mediaType).joined(separator: ", ")
      throw Problem(
        .notAcceptable, detail: "this is a stream of type text/event-stream, among others",
        hint: "send no Accept header, or one with one of \(types)")
    }
    return format
  }

  private func refuse(_ fields: [Field], _ what: String) throws(Problem) {
    guard let field = fields.first(where: given.contains) else { return }
    throw Problem(.badParameter, detail: "'\(field.rawValue)' does not go with \(what)")
  }

  /// Without an envelope there is no place for a name.
  private func checkEventName() throws(Problem) {
    guard representation.envelope == .json || representation.event == .message else {
      throw Problem(
        .badParameter, detail: "'event' needs the envelope here",
        hint: "of a payload alone only a server-sent event has a name")
    }
  }
}
