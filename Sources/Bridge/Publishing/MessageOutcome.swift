import MQTTClient
import Store

/// How an accepted publish ended; what `GET /messages/{id}` tells afterwards.
struct MessageOutcome: Equatable, Sendable {
  var state: MessageState
  var reasonCode = ReasonCode.success
  var reasonString: String?
  /// A broker session was lost while the message was under way, so it may have arrived twice.
  var isUncertain = false
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
