import HTTPFront
import Logging
import Store

/// Turns the facts that the parts report into lines for the operator; from any thread.
struct Observer: Sendable {
  private let log: Logger

  init(_ log: Logger) { self.log = log }

  func brokerUp(sessionPresent: Bool) {
    log.info("broker connected", metadata: [LogKey.sessionPresent: "\(sessionPresent)"])
  }

  /// Without `retryIn` there will be no other attempt.
  func brokerDown(reason: String, retryIn: Duration?) {
    let wait = retryIn.map { "\(Int($0 / .milliseconds(1)))ms" } ?? "never"
    log.warning(
      "broker disconnected",
      metadata: [
        LogKey.reason: "\(reason)", LogKey.retryIn: "\(wait)",
      ])
  }

  func storeFailing(_ error: StoreError) {
    log.error("store cannot write", metadata: [LogKey.reason: "\(error)"])
  }

  func storeRecovered() {
    log.info("store writes again")
  }

  func server(_ fact: HTTPServerFact) {
    switch fact {
    case .requestTimedOut: log.debug("request timed out")
    case .streamRefused(let stream, let number):
      log.warning(
        "stream refused", metadata: [LogKey.stream: "\(stream)", LogKey.reason: "errno \(number)"])
    case .shardFailed(let shard, let call, let number):
      log.critical(
        "http thread failed",
        metadata: [LogKey.count: "\(shard)", LogKey.reason: "\(call): errno \(number)"])
    }
  }
}
