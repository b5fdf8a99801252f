import MQTTClient
import Store

/// How an accepted publish ended; what `GET /messages/{id}` tells afterwards.
struct MessageOutcome: Equatable, Sendable {
  var state: MessageState
  var reasonCode = ReasonCode.success
  var reasonString: String?
  /// A broker session was lost while the message was under way, so it may have arrived twice.
  var isUncertain = false

  /// The message did not get to the broker, or nobody can tell and it will not be tried again.
  var isFailure: Bool { state == .rejected || state == .expired }

  /// The broker lost its session while the message was under way, and a person is to decide.
  static let held = MessageOutcome(
    state: .rejected, reasonString: "uncertain", isUncertain: true)

  /// Whether this is `held`: the broker itself never rejects with success.
  var isHeld: Bool { state == .rejected && reasonCode == .success }
}

/// The outcome as the store remembers it.
///
/// The code packs state, certainty and reason; its numbers must keep their meaning for ever.
extension MessageOutcome {
  private static let states: [MessageState] = [
    .queued, .sent, .received, .acked, .rejected, .expired,
  ]

  var stored: Outcome {
    let state = Self.states.firstIndex(of: state) ?? 0
    let code = Int64(state) << 16 | (isUncertain ? 1 << 8 : 0) | Int64(reasonCode.rawValue)
    return Outcome(code: code, detail: Array((reasonString ?? "").utf8))
  }

  /// An outcome of the store; one that cannot be read counts as a rejection.
  init(read outcome: Outcome) {
    self =
      MessageOutcome(outcome)
      ?? MessageOutcome(state: .rejected, reasonCode: .implementationSpecificError)
  }

  init?(_ outcome: Outcome) {
    let state = Int(truncatingIfNeeded: outcome.code >> 16)
    guard Self.states.indices.contains(state) else { return nil }
    self.state = Self.states[state]
    isUncertain = outcome.code & 1 << 8 != 0
    reasonCode = ReasonCode(rawValue: UInt8(truncatingIfNeeded: outcome.code))
    let detail = String(decoding: outcome.detail, as: UTF8.self)
    reasonString = detail.isEmpty ? nil : detail
  }
}
