import HTTPFront
import MQTTClient

/// The events of the bridge's own on a stream; their names begin with `bridge.`.
enum StreamFrames {
  /// The first bytes of a stream: proof of life, and how long to wait before a reconnect.
  static func hello(retry: Int) -> Frame { Frame(": bridge\nretry: \(retry)\n\n") }

  static let heartbeat = Frame(": hb\n\n")

  /// Milliseconds until the client should come back, spread so that not all come at once.
  static func jitteredRetry(around milliseconds: Int) -> Int {
    Int.random(in: milliseconds / 2...milliseconds * 3 / 2)
  }

  static func open(_ stream: StreamID, _ opening: StreamOpening) -> Frame {
    let filters = opening.filters.map { filter in
      var members: [JSONValue.Member] = [.init("topic", .string(filter.filter))]
      if filter.reasonCode.isFailure {
        members.append(.init("reason_code", .integer(Int(filter.reasonCode.rawValue))))
      } else {
        members.append(.init("granted_qos", .integer(Int(filter.reasonCode.rawValue))))
      }
      return JSONValue.object(members)
    }
    var members: [JSONValue.Member] = [
      .init("connection", .string(stream.description)),
      .init("subscriptions", .array(filters)),
    ]
    if opening.filters.contains(where: { $0.filter.hasSuffix("/") }) {
      let hint = "a filter ends in '/'; if a '#' was meant there, write it as %23 in the URL"
      members.append(.init("hint", .string(hint)))
    }
    return control("bridge.open", .object(members))
  }

  /// Something is missing; `missed` is nil when nobody can count it.
  static func gap(reason: String, missed: Int?) -> Frame {
    control(
      "bridge.gap",
      .object([
        .init("missed", missed.map { .integer($0) } ?? .null),
        .init("exact", .boolean(missed != nil)),
        .init("reason", .string(reason)),
      ]))
  }

  /// The broker refuses one filter of a stream.
  static func error(filter: String, _ reasonCode: ReasonCode) -> Frame {
    Frame(errorText(filter: filter, reasonCode))
  }

  private static func errorText(filter: String, _ reasonCode: ReasonCode) -> [UInt8] {
    let code: ProblemCode =
      switch reasonCode {
      case .notAuthorized: .brokerNotAuthorized
      case .topicFilterInvalid: .filterInvalid
      case .sharedSubscriptionsNotSupported: .sharedNotAvailable
      case .wildcardSubscriptionsNotSupported: .wildcardNotAvailable
      default: .brokerRejected
      }
    let problem = Problem(
      code, detail: "the broker refuses '\(filter)': \(reasonCode)",
      members: [
        .init("topic", .string(filter)),
        .init("reason_code", .integer(Int(reasonCode.rawValue))),
      ])
    return MessageRenderer.control("bridge.error", problem.json)
  }

  /// The end of a stream of which the broker granted nothing.
  static func refused(_ opening: StreamOpening) -> Frame {
    let errors = opening.filters.flatMap { errorText(filter: $0.filter, $0.reasonCode) }
    return Frame(errors + closeText(reason: "refused", reconnects: false, retry: nil))
  }

  static func close(reason: String, reconnects: Bool, retry: Int? = nil) -> Frame {
    Frame(closeText(reason: reason, reconnects: reconnects, retry: retry))
  }

  private static func closeText(reason: String, reconnects: Bool, retry: Int?) -> [UInt8] {
    MessageRenderer.control(
      "bridge.close",
      .object([.init("reason", .string(reason)), .init("reconnect", .boolean(reconnects))]),
      retry: retry)
  }

  private static func control(_ event: String, _ data: JSONValue) -> Frame {
    Frame(MessageRenderer.control(event, data))
  }
}
