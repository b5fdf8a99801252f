import Access
import HTTPFront
import JSONText
import MQTTClient

/// `POST /ticket`: something like a token for a URL, good for reading a few topics.
enum TicketRoute {
  static let bodyBytesMax = 64 * 1024
  private static let topicsMaximum = 64

  /// `{"topics":["a/#"],"ttl":60}`.
  static func issue(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    guard request.head.query.isEmpty else {
      throw Problem(.unknownParameter, detail: "there are no parameters here")
    }
    guard case .object(let members) = try FieldText.json(request.body).value else {
      throw Problem(
        .badJSON, detail: "the body must be one JSON object", hint: #"{"topics":["a/#"]}"#)
    }
    var topics: [TopicFilter] = []
    var seconds: Int64?
    for member in members where !member.name.hasPrefix("x_") {
      switch (member.name, member.node.value) {
      case ("topics", .array(let elements)): topics = try filters(elements)
      case ("ttl", .number(let text)):
        seconds = Int64(try FieldText.number("ttl", text, 1...3600))
      default:
        throw Problem(
          .unknownParameter, detail: "'\(member.name)' cannot be understood here",
          hint: "the fields are topics, an array of filters, and ttl, a number of seconds")
      }
    }
    guard !topics.isEmpty else {
      throw Problem(.missingTopic, detail: "no topic given", hint: #"{"topics":["a/#"]}"#)
    }
    let issued = try pass.ticket(topics: topics, seconds: seconds)
    return .respond(
      .json(
        .object([
          .init("ticket", .string(issued.text)),
          .init("connect_before", .string(time(issued.connectBefore))),
          .init("expires_at", .string(time(issued.expiry))),
        ]), headers: ["Cache-Control": "no-store"]))
  }

  private static func filters(_ elements: [JSONNode]) throws(Problem) -> [TopicFilter] {
    guard elements.count <= topicsMaximum else {
      throw Problem(.badParameter, detail: "a ticket is for at most \(topicsMaximum) topics")
    }
    var filters: [TopicFilter] = []
    for element in elements {
      guard case .string(let text) = element.value, let filter = try? TopicFilter(text) else {
        throw Problem(.filterInvalid, detail: "'topics' must be an array of topic filters")
      }
      filters.append(filter)
    }
    return filters
  }

  private static func time(_ seconds: Int64) -> String {
    Timestamp(milliseconds: seconds * 1000).description
  }
}
