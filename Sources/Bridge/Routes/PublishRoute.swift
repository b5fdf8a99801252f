import HTTPFront
import MQTTClient

/// The routes that publish: which fields each of them fixes, and how long a body may be.
enum PublishRoute {
  /// An envelope is longer than its payload: base64, escapes, names and properties.
  private static let envelopeBytes = 64 * 1024

  /// The longest body that can be a publish; the exact limit of the payload is checked later.
  static func bodyLimit(
    _ endpoint: Endpoint, _ head: RequestHead, _ configuration: SharedConfiguration
  ) -> Int {
    let payload = configuration.value.http.payloadBytes.bytes
    if case .clearTopic = endpoint { return 0 }
    let isEnvelope =
      switch endpoint {
      case .publish, .request: true
      default: false
      }
    if isEnvelope, head.query.first("topic") == nil,
      !head.headers.contains("Mqtt-Topic")
    {
      return payload * 2 + envelopeBytes
    }
    return payload
  }

  static func draft(
    _ endpoint: Endpoint, _ topic: String?, _ request: Request
  ) throws(Problem) -> PublishDraft {
    var draft = try PublishParser.parse(request, pathTopic: topic)
    switch endpoint {
    case .retainInTopic: try fixRetain(&draft, "PUT")
    case .clearTopic:
      try fixRetain(&draft, "DELETE")
      draft.properties.contentType = nil
      draft.properties.payloadIsUTF8 = nil
    default: break
    }
    return draft
  }

  /// Every refusal of a publish says that nothing was kept.
  static func withKept(_ problem: Problem) -> Problem {
    guard !problem.members.contains(where: { $0.name == "kept" }) else { return problem }
    var problem = problem
    problem.members += PublishResponse.notKept
    return problem
  }

  private static func fixRetain(_ draft: inout PublishDraft, _ method: String) throws(Problem) {
    guard draft.retain != false else {
      throw Problem(
        .badParameter, detail: "'\(method)' always retains; use POST to publish without")
    }
    draft.retain = true
  }
}
