import EventLoop
import HTTPClient
import MQTTClient

/// Sends a publish again while it may help, under one Idempotency-Key.
struct Retrying {
  private static let longestPause = Duration.seconds(10)

  private let limit: Duration

  init(for limit: Duration) { self.limit = limit }

  func perform(_ call: BridgeServer.Call, _ server: BridgeServer) throws -> ReceivedAnswer {
    guard limit > .zero else { return try server.perform(call) }
    var call = call
    call.fields.append(("Idempotency-Key", Base64.encode(try Cryptography.randomBytes(18))))
    let deadline = MonotonicClock.now() + limit
    var pause = Duration.milliseconds(250)
    while true {
      let wished: Duration?
      do throws(CallFailure) {
        let answer = try server.perform(call)
        // 409, 422 and the like say that it will never be taken.
        guard answer.status == 429 || answer.status == 503, MonotonicClock.now() < deadline else {
          return answer
        }
        wished = answer.retryAfter
      } catch {
        guard MonotonicClock.now() < deadline else { throw error }
        wished = nil
      }
      let rest = max(.zero, deadline - MonotonicClock.now())
      server.pause(min(rest, max(pause, wished ?? .zero)))
      pause = min(pause * 2, Self.longestPause)
    }
  }
}
