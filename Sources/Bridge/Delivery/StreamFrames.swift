import HTTPFront
import MQTTClient
import Store
import WebSocketProtocol

/// The events of the bridge's own on a stream; their names begin with `bridge.`.
enum StreamFrames {
  /// The first bytes of a stream: proof of life, and how long to wait before a reconnect.
  static func hello(retry: Int) -> Frame { Frame(": bridge\nretry: \(retry)\n\n") }

  static let heartbeat = Frame(": hb\n\n")

  /// The empty line that keeps a stream of lines alive.
  static let emptyLine = Frame("\n")

  /// What keeps a stream of lines alive for readers that cannot take empty ones.
  static let heartbeatLine = Frame(heartbeatText(at: nil))

  /// Milliseconds until the client should come back, spread so that not all come at once.
  static func jitteredRetry(around milliseconds: Int) -> Int {
    Int.random(in: milliseconds / 2...milliseconds * 3 / 2)
  }

  /// The heartbeat of a stream that has had every event up to this one.
  static func heartbeat(at id: EventID, as form: Representation.Form = .events) -> Frame {
    switch form {
    case .events: Frame(": hb\nid: \(id)\n\n", position: id.sequence)
    case .lines, .socket, .tunnel: Frame(heartbeatText(at: id), position: id.sequence)
    }
  }

  private static func heartbeatText(at id: EventID?) -> [UInt8] {
    MessageRenderer.control("bridge.heartbeat", .object([]), id: id?.description, as: .lines)
  }

  /// The first events of a stream: what the broker granted, where it begins, what is missing.
  ///
  /// A stream that has something before them must not count as being where they say.
  static func open(
    _ stream: StreamID, _ opening: StreamOpening, _ start: ReplayStart, epoch: String,
    tellsPosition: Bool = true
  ) -> Frame {
    let form = opening.form
    let cursor = start.cursor
    if let reply = opening.reply, let refused = opening.filters.first, !opening.isConsumed,
      opening.filters.allSatisfy(\.reasonCode.isFailure)
    {
      let problem = refusal(filter: refused.filter, refused.reasonCode)
      return Frame(webSocket: .text, reply.message(problem))
    }
    let from = EventID(epoch: epoch, sequence: cursor.sequence, time: cursor.time)
    var text = openText(stream, opening, start, from)
    for filter in opening.filters where filter.reasonCode.isFailure {
      text += errorText(filter: filter.filter, filter.reasonCode, form)
    }
    for gap in start.gaps { text += gapText(gap, from: nil, to: from, as: form) }
    return Frame(text, position: tellsPosition ? cursor.sequence : 0, as: form)
  }

  private static func openText(
    _ stream: StreamID, _ opening: StreamOpening, _ start: ReplayStart, _ from: EventID
  ) -> [UInt8] {
    let resumed: JSONValue =
      switch start.resumed {
      case .no: .boolean(false)
      case .exactly: .boolean(true)
      case .approximately: .string("approximate")
      }
    var members: [JSONValue.Member] = [
      .init("connection", .string(stream.description)),
      .init("resumed", resumed),
      .init("from", .string(from.description)),
      .init("gap", .boolean(!start.gaps.isEmpty)),
      .init("subscriptions", subscriptions(opening)),
    ]
    if opening.filters.contains(where: { $0.filter.hasSuffix("/") }) {
      let hint = "a filter ends in '/'; if a '#' was meant there, write it as %23 in the URL"
      members.append(.init("hint", .string(hint)))
    }
    guard let reply = opening.reply else {
      return MessageRenderer.control("bridge.open", .object(members), as: opening.form)
    }
    return reply.text(members)
  }

  private static func subscriptions(_ opening: StreamOpening) -> JSONValue {
    .array(
      opening.filters.map { filter in
        let code = JSONValue.integer(Int(filter.reasonCode.rawValue))
        let name = filter.reasonCode.isFailure ? "reason_code" : "granted_qos"
        return .object([.init("topic", .string(filter.filter)), .init(name, code)])
      })
  }

  /// Something is missing before the event `to`; `from` is the last one before that.
  static func gapText(
    _ mark: GapMark, from: EventID?, to: EventID?, as form: Representation.Form = .events
  ) -> [UInt8] {
    var members: [JSONValue.Member] = []
    if let from { members.append(.init("from", .string(from.description))) }
    if let to { members.append(.init("to", .string(to.description))) }
    members += mark.members
    return MessageRenderer.control("bridge.gap", .object(members), id: to?.description, as: form)
  }

  /// Messages that the stream was too slow for.
  static func gap(
    reason: String, missed: Int?, as form: Representation.Form = .events
  ) -> Frame {
    Frame(gapText(GapMark(reason: reason, missed: missed), from: nil, to: nil, as: form), as: form)
  }

  /// The broker refuses one filter of a stream.
  static func error(
    filter: String, _ reasonCode: ReasonCode, as form: Representation.Form = .events
  ) -> Frame {
    Frame(errorText(filter: filter, reasonCode, form), as: form)
  }

  private static func errorText(
    filter: String, _ reasonCode: ReasonCode, _ form: Representation.Form
  ) -> [UInt8] {
    MessageRenderer.control("bridge.error", refusal(filter: filter, reasonCode).json, as: form)
  }

  /// What is told about a filter that the broker refuses.
  static func refusal(filter: String, _ reasonCode: ReasonCode) -> Problem {
    let code: ProblemCode =
      switch reasonCode {
      case .notAuthorized: .brokerNotAuthorized
      case .topicFilterInvalid: .filterInvalid
      case .sharedSubscriptionsNotSupported: .sharedNotAvailable
      case .wildcardSubscriptionsNotSupported: .wildcardNotAvailable
      default: .brokerRejected
      }
    return Problem(
      code, detail: "the broker refuses '\(filter)': \(reasonCode)",
      members: [
        .init("topic", .string(filter)),
        .init("reason_code", .integer(Int(reasonCode.rawValue))),
      ])
  }

  /// The end of a stream of which the broker granted nothing.
  static func refused(as form: Representation.Form = .events) -> Frame {
    close(reason: "refused", reconnects: false, as: form)
  }

  static func close(
    reason: String, reconnects: Bool, retry: Int? = nil, as form: Representation.Form = .events
  ) -> Frame {
    Frame(closeText(reason: reason, reconnects: reconnects, retry: retry, as: form), as: form)
  }

  /// The caller's credential is about to expire, at this time in seconds since 1970.
  static func expiring(at time: Int64, as form: Representation.Form = .events) -> Frame {
    let text = Timestamp(milliseconds: time * 1000).description
    return Frame(
      MessageRenderer.control(
        "bridge.auth",
        .object([
          .init("reason", .string("token_expires")), .init("expires_at", .string(text)),
        ]), as: form), as: form)
  }

  static func closeText(
    reason: String, reconnects: Bool, retry: Int?, as form: Representation.Form = .events
  ) -> [UInt8] {
    MessageRenderer.control(
      "bridge.close",
      .object([.init("reason", .string(reason)), .init("reconnect", .boolean(reconnects))]),
      retry: retry, as: form)
  }
}
