import HTTPFront
import MQTTClient

/// Answers as EMQX 5 gives them.
///
///     200  {"id":"…"}
///     202  {"reason_code":16,"message":"no_matching_subscribers"}
///     400  {"reason_code":144,"message":"topic_name_invalid"}, or {"code":"BAD_REQUEST","message":"…"}
///     401  {"code":"BAD_API_KEY_OR_SECRET","message":"…"}
///     403  {"reason_code":135,"message":"not_authorized"}
///     503  {"reason_code":131,"message":"…"}
///
/// One answer EMQX does not know: a message that is stored while the broker is away is 202 with its
/// `id` and the message `queued`.
struct EMQXForm: AnswerForm {
  let isBulk: Bool

  func response(_ results: [BatchResult]) -> Response {
    let replies = results.map(Self.reply)
    guard isBulk else { return .json(replies[0].body, status: replies[0].status) }
    let status = replies.map(\.status).max() ?? 200
    return .json(.array(replies.map(\.body)), status: status)
  }

  /// One bad message refuses all, as EMQX does it, with its error alone.
  func refusal(_ problems: [(index: Int, problem: Problem)]) -> Problem? {
    problems.first?.problem
  }

  private static func reply(_ result: BatchResult) -> (status: Int, body: JSONValue) {
    switch result.result {
    case .success(let status, let id, _, let members):
      if members.contains(.init("reason_code", .integer(16))) {
        return (202, body(16, "no_matching_subscribers"))
      }
      let name = JSONValue.Member("id", .string(id))
      guard status == 202 else { return (200, .object([name])) }
      return (202, .object([name, .init("message", .string("queued"))]))
    case .problem(let problem):
      guard
        case .integer(let code)? = problem.members.first(where: { $0.name == "reason_code" })?.value
      else { return (503, body(131, problem.code.rawValue)) }
      return (503, body(code, "\(ReasonCode(rawValue: UInt8(clamping: code)))"))
    }
  }

  /// The answer to a request of which nothing was published.
  static func response(_ problem: Problem) -> Response {
    let text = problem.detail ?? problem.code.title
    switch problem.code {
    case .topicInvalid: return .json(body(144, "topic_name_invalid"), status: 400)
    // 149, packet too large, is no reason code of PUBACK.
    case .payloadTooLarge: return .json(body(151, "packet_too_large"), status: 400)
    case .badBase64: return .json(body(131, "decode_base64_payload_failed"), status: 400)
    case .emptyBatch: return .json(body(131, "empty_batch"), status: 400)
    case let code where code.status == 401:
      return words("BAD_API_KEY_OR_SECRET", text, status: 401, problem.headers)
    case let code where code.status == 403:
      return .json(body(135, "not_authorized"), status: 403, headers: problem.headers)
    case let code where code.status == 429:
      return words("TOO_MANY_REQUESTS", text, status: 429, problem.headers)
    case let code where code.status < 500:
      return words("BAD_REQUEST", text, status: 400, HeaderFields())
    default:
      return .json(body(131, problem.code.rawValue), status: 503, headers: problem.headers)
    }
  }

  private static func words(
    _ code: String, _ text: String, status: Int, _ headers: HeaderFields
  ) -> Response {
    let members: [JSONValue.Member] = [
      .init("code", .string(code)), .init("message", .string(text)),
    ]
    return .json(.object(members), status: status, headers: headers)
  }

  private static func body(_ code: Int, _ message: String) -> JSONValue {
    .object([.init("reason_code", .integer(code)), .init("message", .string(message))])
  }
}
