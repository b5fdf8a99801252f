import Access
import EventLoop
import HTTPFront
import Logging

/// One line for each answered request, where the setting `access_log` wants it.
///
/// A path can hold a topic and a query a ticket, so neither is in it; the route is.
final class AccessLog: Sendable {
  private let log: Logger
  private let wiring: Wiring
  private let desk: AccessDesk
  private let subjects = Locked<[RequestID: String]>([:])

  init(_ log: Logger, _ wiring: Wiring, _ desk: AccessDesk) {
    self.log = log
    self.wiring = wiring
    self.desk = desk
  }

  private var isOn: Bool { wiring.live.shared.value.log.hasAccessLog }

  /// It is known who sends a request.
  func identified(_ id: RequestID, _ subject: String) {
    guard !subject.isEmpty, isOn else { return }
    subjects.withLock { $0[id] = subject }
  }

  func answered(_ record: AccessRecord, _ head: RequestHead?) {
    guard isOn else {
      // It was switched off in between.
      subjects.withLock { if !$0.isEmpty { $0[record.id] = nil } }
      return
    }
    let subject = subjects.withLock { $0.removeValue(forKey: record.id) }
    let client = head.flatMap { desk.clientAddress(of: $0) }
    var metadata: Logger.Metadata = [
      LogKey.request: "\(head?.name ?? record.id.description)",
      LogKey.status: "\(record.status)",
      LogKey.client: "\(client.map(\.description) ?? record.clientAddress)",
      LogKey.duration: "\(Self.milliseconds(record.duration))ms",
      LogKey.receivedBytes: "\(record.receivedBytes)",
      LogKey.sentBytes: "\(record.sentBytes)",
    ]
    if let method = record.method { metadata[LogKey.method] = "\(method)" }
    if let route = record.route { metadata[LogKey.route] = "\(route)" }
    if let subject { metadata[LogKey.subject] = "\(subject)" }
    if let trace = head.flatMap({ TraceContext($0.headers) }) {
      metadata[LogKey.trace] = "\(trace.traceID)"
    }
    log.info("request", metadata: metadata)
  }

  private static func milliseconds(_ duration: Duration) -> String {
    let microseconds = Int(duration / .microseconds(1))
    let rest = String(microseconds % 1000)
    return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
