import EventLoop
import Foundation
import MQTTClient

/// Who published what, what became of it, and what arrived how often: a bit or two per message.
final class SoakLedger: Sendable {
  private struct State: Sendable {
    /// For each message: 0 open, 1 acknowledged, 2 ended otherwise.
    var ends: [UInt8] = []
    var arrivals: [UInt8] = []
    var acknowledged = 0
    var acknowledgedAndArrived = 0
    var uncertain = 0
    var refused: [String: Int] = [:]
    var corrupted = 0
    var firstArrivals = 0
  }

  private let state = Locked(State())

  /// The message with this number, which carries the number, its length and padding made of both.
  func message(
    _ number: Int, _ qos: QoS, padding: Int
  ) -> (number: Int, message: Message) {
    state.withLock { state in
      state.ends.append(0)
      state.arrivals.append(0)
    }
    let pad = String(repeating: Self.letter(number), count: padding)
    let message = Message(
      "soak/\(number % 7)", payload: Bytes("\(number) \(padding) \(pad)".utf8), qos: qos)
    return (number, message)
  }

  private static func letter(_ number: Int) -> Character {
    Character(UnicodeScalar(UInt8(97 + number % 26)))
  }

  func ended(_ number: Int, _ outcome: PublishOutcome) {
    state.withLock { state in
      switch outcome {
      case .acknowledged(_, _, let isUncertain):
        state.ends[number] = 1
        state.acknowledged += 1
        if isUncertain { state.uncertain += 1 }
        if state.arrivals[number] > 0 { state.acknowledgedAndArrived += 1 }
      default:
        state.ends[number] = 2
        state.refused["\(outcome)", default: 0] += 1
      }
    }
  }

  func arrived(_ message: Message) {
    let parts = (message.text ?? "").split(
      separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    state.withLock { state in
      guard parts.count == 3, let number = Int(parts[0]), let padding = Int(parts[1]),
        number < state.arrivals.count, parts[2].utf8.count == padding,
        parts[2].allSatisfy({ $0 == Self.letter(number) })
      else {
        state.corrupted += 1
        return
      }
      state.arrivals[number] = min(state.arrivals[number] + 1, 200)
      guard state.arrivals[number] == 1 else { return }
      state.firstArrivals += 1
      if state.ends[number] == 1 { state.acknowledgedAndArrived += 1 }
    }
  }

  /// Whether everything acknowledged has arrived.
  var isComplete: Bool { state.withLock { $0.acknowledged == $0.acknowledgedAndArrived } }

  var progress: [String: Any] {
    state.withLock { state in
      [
        "published": state.ends.count, "acknowledged": state.acknowledged,
        "arrived": state.firstArrivals,
      ]
    }
  }

  var result: [String: Any] {
    state.withLock { state in
      var repeated = [0, 0]
      for (number, count) in state.arrivals.enumerated() where count > 1 {
        repeated[number % 2] += Int(count) - 1
      }
      return [
        "published": state.ends.count, "acknowledged": state.acknowledged,
        "missing": state.acknowledged - state.acknowledgedAndArrived,
        "unfinished": state.ends.count { $0 == 0 }, "refused": state.refused,
        "uncertain": state.uncertain, "corrupted": state.corrupted,
        "repeatedQoS1": repeated[0], "repeatedQoS2": repeated[1],
      ]
    }
  }
}
