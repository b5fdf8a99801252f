import HTTPFront
import Logging
import MQTTClient
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

  /// Nothing is lost, but more waits in memory than was offered.
  func receiveMaximumExceeded(by excess: Int, maximum: Int) {
    log.warning(
      "broker exceeds the receive maximum",
      metadata: [LogKey.count: "\(excess)", LogKey.receiveMaximum: "\(maximum)"])
  }

  /// The client hears nothing, so this is where it can be learned.
  func uploadAborted(_ upload: Publisher.AbortedUpload) {
    log.warning(
      "a batch ended before its end; what came of it is published",
      metadata: [LogKey.lines: "\(upload.lines)", LogKey.count: "\(upload.accepted)"])
  }

  /// The first attempt after a connection is number 1.
  func brokerAttempt(_ number: Int) {
    log.debug("connecting to the broker", metadata: [LogKey.attempt: "\(number)"])
  }

  func authentication(_ event: AuthenticationEvent) {
    switch event {
    case .started, .challenged: log.debug("authenticating with the broker")
    case .succeeded: log.info("authenticated with the broker")
    case .failed(_, let failure):
      log.warning("authentication failed", metadata: [LogKey.reason: "\(failure)"])
    }
  }

  /// The bridge stays with its configured broker, so this needs a person.
  func brokerReferred(to servers: [ServerReference]) {
    log.warning("broker names other servers", metadata: [LogKey.servers: Self.list(servers)])
  }

  /// No servers stand for the configured ones.
  func brokerRedirected(to servers: [ServerReference]) {
    log.info("broker changed", metadata: [LogKey.servers: Self.list(servers)])
  }

  /// Whoever can intercept the connection can read and change it.
  func brokerUnverified() {
    log.warning("the broker's certificate is not verified; this is for tests only")
  }

  private static func list(_ servers: [ServerReference]) -> Logger.MetadataValue {
    "\(servers.map(\.description).joined(separator: ", "))"
  }

  func keySet(_ report: KeySetFetcher.Report) {
    switch report {
    case .fetched(let keys): log.info("keys fetched", metadata: [LogKey.count: "\(keys)"])
    case .failed(let reason): log.error("no keys fetched", metadata: [LogKey.reason: "\(reason)"])
    }
  }

  func storeFailing(_ error: StoreError) {
    log.error("store cannot write", metadata: [LogKey.reason: "\(error)"])
  }

  func storeRecovered() {
    log.info("store writes again")
  }

  /// Only the first failure of several is a warning; a dead letter says that it was the last.
  func webhookFails(_ name: String, _ reason: String, retryIn: Duration?, isFirst: Bool) {
    let wait = retryIn.map { "\(Int($0 / .milliseconds(1)))ms" } ?? "never"
    log.log(
      level: isFirst ? .warning : .debug, "webhook fails",
      metadata: [
        LogKey.webhook: "\(name)", LogKey.reason: "\(reason)", LogKey.retryIn: "\(wait)",
      ])
  }

  func webhookWorks(_ name: String) {
    log.info("webhook works again", metadata: [LogKey.webhook: "\(name)"])
  }

  func webhookDied(_ name: String, events: String, _ reason: String) {
    log.warning(
      "webhook gives up",
      metadata: [
        LogKey.webhook: "\(name)", LogKey.events: "\(events)", LogKey.reason: "\(reason)",
      ])
  }

  func webhookGap(_ name: String, _ reason: String, missed: Int?) {
    log.warning(
      "webhook has a gap",
      metadata: [
        LogKey.webhook: "\(name)", LogKey.reason: "\(reason)",
        LogKey.count: "\(missed.map(String.init) ?? "unknown")",
      ])
  }

  func webhookRefused(_ name: String, filter: String, _ reason: String) {
    log.warning(
      "broker refuses a filter of a webhook",
      metadata: [
        LogKey.webhook: "\(name)", LogKey.filters: "\(filter)", LogKey.reason: "\(reason)",
      ])
  }

  /// What waited for it is given up.
  func webhookRemoved(_ name: String) {
    log.info("webhook is not configured any more", metadata: [LogKey.webhook: "\(name)"])
  }

  func webhooksUnusable() { log.critical("webhooks cannot be sent: no memory") }

  func server(_ fact: HTTPServerFact) {
    switch fact {
    case .requestTimedOut: log.debug("request timed out")
    case .streamRefused(let stream, let number):
      log.warning(
        "stream refused", metadata: [LogKey.stream: "\(stream)", LogKey.reason: "errno \(number)"])
    case .identityNotReplaced(let shard):
      log.error(
        "an http thread still shows the old certificate", metadata: [LogKey.count: "\(shard)"])
    case .shardFailed(let shard, let call, let number):
      log.critical(
        "http thread failed",
        metadata: [LogKey.count: "\(shard)", LogKey.reason: "\(call): errno \(number)"])
    }
  }
}
