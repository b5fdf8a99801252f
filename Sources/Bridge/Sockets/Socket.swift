import HTTPFront
import MQTTClient

/// One open WebSocket of `GET /ws`: who has it, and what it follows.
struct Socket: Sendable {
  /// A filter that it has, or has asked for.
  struct Wanted: Equatable, Sendable {
    let filter: TopicFilter
    let qos: QoS
  }

  /// What all its filters have in common.
  struct Terms: Equatable, Sendable {
    var representation = Representation(form: .socket)
    var policy = OverflowPolicy.catchup
    var rateMaximum: Int?
  }

  /// Operations of one socket that are not answered yet.
  static let outstandingMaximum = 256

  var pass: Pass
  let head: RequestHead
  var wanted: [Wanted] = []
  /// The named subscription that it consumes; it then follows nothing else.
  var consumed: Consumption?
  var terms = Terms()
  var outstanding: Set<RequestID> = []

  /// What its caller must have the right to.
  var pairs: [(filter: TopicFilter, qos: QoS)] {
    guard let consumed else { return wanted.map { ($0.filter, $0.qos) } }
    return consumed.filters.map { ($0, consumed.maximumQoS) }
  }

  /// The head of a request as if the operation were one.
  func head(_ path: String, wait: Int? = nil) -> RequestHead {
    var headers: HeaderFields = [
      "Accept": "application/json", "Content-Type": "application/json",
    ]
    if let wait { headers.append("Prefer", "wait=\(wait)") }
    return RequestHead(
      method: "POST", target: path, headers: headers, clientAddress: head.clientAddress)
  }
}
