import HTTPFront

/// The webhooks that are configured, and what keeps the filters of each subscribed.
struct WebhookTable: Sendable {
  private(set) var all: [WebhookConfiguration]
  private var holds: [String: StreamID] = [:]
  private var lastHold: UInt64 = 0

  init(_ all: [WebhookConfiguration]) {
    self.all = all
    for webhook in all { renewHold(of: webhook.name) }
  }

  /// What another configuration makes of it.
  struct Change {
    var added: [WebhookConfiguration] = []
    var changed: [WebhookConfiguration] = []
    var removed: [String] = []
    /// What keeps filters subscribed from now on, and what no longer.
    var opened: [StreamRequest] = []
    var closed: [StreamID] = []

    var names: [String] { added.map(\.name) + changed.map(\.name) + removed }
  }

  subscript(name: String) -> WebhookConfiguration? { all.first { $0.name == name } }

  func name(ofHold id: StreamID) -> String? { holds.first { $0.value == id }?.key }

  func holdRequest(_ webhook: WebhookConfiguration) -> StreamRequest? {
    holds[webhook.name].map { NamedSubscriptions.holdRequest($0, webhook.terms) }
  }

  mutating func replace(with fresh: [WebhookConfiguration]) -> Change {
    var change = Change()
    for old in all where !fresh.contains(where: { $0.name == old.name }) {
      change.removed.append(old.name)
      if let hold = holds.removeValue(forKey: old.name) { change.closed.append(hold) }
    }
    for webhook in fresh {
      let old = self[webhook.name]
      guard old != webhook else { continue }
      if old == nil { change.added.append(webhook) } else { change.changed.append(webhook) }
      let keepsHold =
        old?.terms.filters == webhook.terms.filters
        && old?.terms.maximumQoS == webhook.terms.maximumQoS
      guard !keepsHold else { continue }
      if let hold = holds[webhook.name] { change.closed.append(hold) }
      renewHold(of: webhook.name)
      if let request = holdRequest(webhook) { change.opened.append(request) }
    }
    all = fresh
    return change
  }

  private mutating func renewHold(of name: String) {
    lastHold += 1
    holds[name] = StreamID(shard: BridgeWebhooks.shard, serial: lastHold)
  }
}
