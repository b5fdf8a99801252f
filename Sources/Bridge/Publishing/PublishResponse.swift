import EventLoop
import HTTPFront
import MQTTClient

/// The HTTP answer to a publish.
enum PublishResponse {
  /// What became of a message, before it is put into an answer.
  enum Result: Equatable, Sendable {
    case success(status: Int, id: String, isStored: Bool, [JSONValue.Member])
    case problem(Problem)
  }

  static func make(_ receipt: PublishReceipt, _ answer: Publishing.Answer) -> Response {
    var response: Response
    switch result(receipt, answer) {
    case .problem(let problem): response = problem.response(to: receipt.head)
    case .success(let status, let id, let isStored, let members):
      response = success(receipt, status: status, id: id, isStored: isStored, members)
    }
    for field in receipt.rateHeaders.fields { response.headers.append(field.name, field.value) }
    if receipt.isReplay { response.headers.append("Idempotency-Replayed", "true") }
    return response
  }

  static func result(_ receipt: PublishReceipt, _ answer: Publishing.Answer) -> Result {
    switch answer {
    case .pending(let state, let storedAt):
      return success(receipt, status: 202, state: state, storedAt: storedAt, outcome: nil)
    case .finished(let outcome, let storedAt, let finishedAt):
      guard !outcome.isFailure else { return .problem(failure(outcome)) }
      return success(
        receipt, status: 200, state: outcome.state, storedAt: storedAt, outcome: outcome,
        finishedAt: finishedAt)
    case .kept(let outcome):
      var problem = failure(outcome)
      problem.members.removeAll { $0.name == "kept" }
      problem.members += [
        .init("kept", .boolean(true)), .init("id", .string(receipt.id.description)),
      ]
      problem.hint =
        outcome.state == .expired
        ? "the key is remembered; publish again with another one"
        : "the message is among the dead letters, where an operator can retry or delete it"
      return .problem(problem)
    case .refused(let refusal): return .problem(problem(refusal))
    }
  }

  private static func failure(_ outcome: MessageOutcome) -> Problem {
    if outcome.isHeld {
      return Problem(
        .deliveryUncertain,
        detail: "the broker lost its session while the message was under way",
        members: notKept + [.init("delivery", .string("uncertain"))])
    }
    return outcome.state == .expired ? expiry : rejection(outcome)
  }

  static func problem(_ refusal: Publishing.Refusal) -> Problem {
    let retry: HeaderFields = ["Retry-After": "1"]
    return switch refusal {
    case .queueFull:
      Problem(
        .queueFull, detail: "as many messages wait for the broker as are allowed",
        hint: "retry later, or raise queue_messages and queue_bytes", members: notKept,
        headers: retry)
    case .storeBusy:
      Problem(
        .storeBusy, detail: "the store takes no messages now", members: notKept, headers: retry)
    case .diskFull:
      Problem(
        .diskFull, detail: "the volume of the data directory is full",
        hint: "free space; no restart is needed", members: notKept)
    case .draining:
      Problem(.draining, detail: "the bridge is stopping", members: notKept, headers: retry)
    case .brokerUnavailable:
      Problem(
        .brokerUnavailable, detail: "the broker is not connected and QoS 0 is not stored",
        hint: "use qos=1, or set queue_qos0", members: notKept, headers: retry)
    case .keyReused:
      Problem(
        .idempotencyKeyReused,
        detail: "an earlier publish with this key had another topic, payload or option",
        hint: "use a new key for every message", members: notKept)
    case .unknown:
      Problem(
        .internal, detail: "the commit failed and its outcome is not known",
        hint: "look the message up once the store works again",
        members: [.init("kept", .string("unknown"))])
    }
  }

  private static let offers = ["application/json", "text/plain"]

  /// What every refusal of a publish promises.
  static let notKept: [JSONValue.Member] = [.init("kept", .boolean(false))]

  private static func success(
    _ receipt: PublishReceipt, status: Int, id: String, isStored: Bool,
    _ members: [JSONValue.Member]
  ) -> Response {
    var headers: HeaderFields = ["Bridge-Message-Id": id]
    if isStored { headers.append("Location", "\(receipt.basePath)/messages/\(id)") }
    if let applied = receipt.preferenceApplied { headers.append("Preference-Applied", applied) }
    let accepted = receipt.head.headers.values("Accept")
    if !accepted.isEmpty, Accept(accepted).best(of: offers) == "text/plain" {
      return .text(id + "\n", status: status, headers: headers)
    }
    return .json(.object(members), status: status, headers: headers)
  }

  private static func success(
    _ receipt: PublishReceipt, status: Int, state: MessageState, storedAt: Int64?,
    outcome: MessageOutcome?, finishedAt: Int64? = nil
  ) -> Result {
    let id = receipt.id.description
    var members: [JSONValue.Member] = [
      .init("id", .string(id)),
      .init("topic", .string(receipt.topic)),
      .init("qos", .integer(Int(receipt.qos.rawValue))),
      .init("retain", .boolean(receipt.isRetained)),
      .init("state", .string(state.rawValue)),
    ]
    if let outcome { members += acknowledgement(outcome) }
    if let storedAt {
      members.append(.init("stored_at", .string(Timestamp(milliseconds: storedAt).description)))
    }
    if let outcome, outcome.state == .acked {
      let time = Timestamp(milliseconds: finishedAt ?? WallClock.milliseconds()).description
      members.append(.init("acked_at", .string(time)))
    }
    let isUncertain = outcome?.isUncertain ?? false
    members.append(.init("delivery", .string(isUncertain ? "uncertain" : "exact")))
    return .success(status: status, id: id, isStored: storedAt != nil, members)
  }

  /// The members that tell what the broker said; none when it said nothing.
  static func acknowledgement(_ outcome: MessageOutcome) -> [JSONValue.Member] {
    guard outcome.state == .acked || outcome.state == .rejected else { return [] }
    var members: [JSONValue.Member] = []
    if !outcome.isHeld {
      members.append(.init("reason_code", .integer(Int(outcome.reasonCode.rawValue))))
    }
    if let reason = outcome.reasonString { members.append(.init("reason", .string(reason))) }
    guard outcome.state == .acked else { return members }
    // Only MQTT 5 can say so, and only when nobody subscribed. [MQTT 5.0, 3.4.2.1]
    members.append(
      .init("matching_subscribers", .boolean(outcome.reasonCode != .noMatchingSubscribers)))
    return members
  }

  private static func rejection(_ outcome: MessageOutcome) -> Problem {
    let code: ProblemCode =
      switch outcome.reasonCode {
      case .notAuthorized: .brokerNotAuthorized
      case .topicNameInvalid: .topicRejected
      case .quotaExceeded: .brokerQuotaExceeded
      case .payloadFormatInvalid: .payloadFormatInvalid
      case .qosNotSupported: .qosNotSupported
      case .retainNotSupported: .retainNotAvailable
      case .packetTooLarge: .payloadTooLarge
      default: .brokerRejected
      }
    var problem = Problem(
      code, detail: outcome.reasonString ?? "the broker answered with '\(outcome.reasonCode)'",
      members: notKept + [.init("reason_code", .integer(Int(outcome.reasonCode.rawValue)))])
    if code == .payloadTooLarge {
      problem.members.append(.init("limited_by", .string("broker")))
    }
    if code == .brokerQuotaExceeded { problem.headers.append("Retry-After", "5") }
    return problem
  }

  private static var expiry: Problem {
    Problem(
      .messageExpired, detail: "the message expired before the broker could take it",
      hint: "raise expires_in or message_expiry_interval", members: notKept)
  }
}
