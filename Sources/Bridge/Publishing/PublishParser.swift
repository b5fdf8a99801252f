import HTTPFront
import JSONText
import MQTTClient

/// Reads a publish request: its fields and its payload.
///
/// One rule removes every ambiguity: where the topic stands in the path, the query or a header,
/// the body is the payload, byte for byte. Otherwise the body is an envelope, JSON or a form.
enum PublishParser {
  static func parse(
    _ request: Request, pathTopic: String? = nil, extras: Set<String> = []
  ) throws(Problem) -> PublishDraft {
    var draft = PublishDraft()
    draft.extraNames = extras
    if let pathTopic { _ = try draft.set("topic", pathTopic, .path) }
    try readQuery(request.head.query, &draft)
    try PublishHeaders.read(request.head.headers, &draft)
    if draft.topic != nil {
      draft.payload = request.body
      takeContentType(of: request.head, &draft)
    } else {
      try readEnvelope(request, &draft)
    }
    markText(&draft)
    return draft
  }

  /// Reads one envelope of a text that has several, in which the places of the node lie.
  static func parse(
    _ node: JSONNode, in text: [UInt8], extras: Set<String> = []
  ) throws(Problem) -> PublishDraft {
    var draft = PublishDraft()
    draft.extraNames = extras
    try PublishEnvelope.readJSON(node, in: text, &draft)
    guard draft.topic != nil else {
      throw Problem(
        .missingTopic, detail: "the message names no topic",
        hint: "every message of a batch has a topic of its own")
    }
    markText(&draft)
    return draft
  }

  private static func readQuery(_ query: Query, _ draft: inout PublishDraft) throws(Problem) {
    for parameter in query.parameters {
      let name = try parameter.decodedName()
      let value = try parameter.decodedValue(plus: .space)
      if name.hasPrefix("x_") { continue }
      guard try draft.set(name, value, .query) else {
        throw Problem(
          .unknownParameter, detail: "there is no parameter '\(name)' here",
          hint: "the parameters are \(draft.names.joined(separator: ", "))")
      }
    }
  }

  /// The body is the payload: its type becomes the content type, except curl's default.
  private static func takeContentType(of head: RequestHead, _ draft: inout PublishDraft) {
    guard let type = head.headers["Content-Type"], !draft.isGiven("content_type"),
      type.utf8.count <= 65_535, MediaType(type).essence != MediaType.form
    else { return }
    draft.properties.contentType = type
  }

  /// A payload of a type that is text is said to be text, unless the request says something else.
  private static func markText(_ draft: inout PublishDraft) {
    guard !draft.isGiven("payload_format_indicator"), let type = draft.properties.contentType,
      MediaType(type).isText, String(validating: draft.payload, as: UTF8.self) != nil
    else { return }
    draft.properties.payloadIsUTF8 = true
  }

  private static func readEnvelope(
    _ request: Request, _ draft: inout PublishDraft
  ) throws(Problem) {
    switch request.head.headers["Content-Type"].map(MediaType.init)?.essence {
    case MediaType.json: try PublishEnvelope.readJSON(request.body, &draft)
    case MediaType.form:
      if request.body.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
        throw Problem(
          .missingTopic, detail: "the body looks like JSON but is declared as a form",
          hint: "add the header Content-Type: application/json")
      }
      try PublishEnvelope.readForm(request.body, &draft)
    case let type:
      guard request.body.isEmpty || type == nil else {
        throw Problem(
          .unsupportedMediaType,
          detail: "a body of type \(type ?? "") cannot name its topic",
          hint: "give the topic as ?topic= or in the path /topics/…; then any body is the payload")
      }
      throw missingTopic
    }
    guard draft.topic != nil else { throw missingTopic }
  }

  private static var missingTopic: Problem {
    Problem(
      .missingTopic, detail: "no topic in path, query, headers or body",
      hint: "use /topics/a/b, ?topic=a/b, or a JSON body with a topic")
  }
}
