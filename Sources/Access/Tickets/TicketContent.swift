import MQTTClient

/// What a ticket says; it is signed, so it needs no table.
struct TicketContent: Equatable {
  /// The process that issued it.
  var run: [UInt8]
  var id: [UInt8]
  var subject: String
  var account: String
  /// Seconds since 1970.
  var connectBefore: Int64
  var expiry: Int64
  var topics: [TopicFilter]
  var rules: [GrantRule]
  var history: Bool
  var maximumConnections: Int?

  static let idBytes = 16

  var grants: Grants {
    Grants(
      rules, origin: "ticket", history: history, maximumConnections: maximumConnections
    ).bounded(to: topics)
  }

  var bytes: [UInt8] {
    var writer = TicketWriter()
    writer.append(run)
    writer.append(id)
    writer.append(subject.utf8)
    writer.append(account.utf8)
    writer.append(connectBefore)
    writer.append(expiry)
    writer.append(UInt8(history ? 1 : 0))
    writer.append(Int64(maximumConnections ?? -1))
    writer.append(Int64(topics.count))
    for topic in topics { writer.append(topic.text.utf8) }
    for rule in rules { rule.write(into: &writer) }
    return writer.bytes
  }
}

extension TicketContent {
  /// Reads what was signed; nil for bytes of another version.
  init?(_ bytes: [UInt8]) {
    var reader = TicketReader(bytes)
    guard let run = reader.content(), let id = reader.content(), let subject = reader.text(),
      let account = reader.text(), let connectBefore = reader.number(),
      let expiry = reader.number(), let history = reader.byte(), let maximum = reader.number(),
      let count = reader.number(), (0...1000).contains(count)
    else { return nil }
    var topics: [TopicFilter] = []
    for _ in 0..<count {
      guard let text = reader.text(), let topic = try? TopicFilter(text) else { return nil }
      topics.append(topic)
    }
    var rules: [GrantRule] = []
    while !reader.isAtEnd {
      guard let rule = GrantRule(&reader) else { return nil }
      rules.append(rule)
    }
    self.init(
      run: run, id: id, subject: subject, account: account, connectBefore: connectBefore,
      expiry: expiry, topics: topics, rules: rules, history: history == 1,
      maximumConnections: maximum < 0 ? nil : Int(maximum))
  }
}

/// A rule of a subscription as bytes; what only publishes need is left out.
extension GrantRule {
  fileprivate func write(into writer: inout TicketWriter) {
    let (kind, text): (UInt8, String)
    switch pattern.scope {
    case .everything: (kind, text) = (0, "")
    case .filter(let filter): (kind, text) = (1, filter.text)
    case .exactly(let filter): (kind, text) = (2, filter.text)
    case .nothing: return
    }
    writer.append(kind | (effect == .deny ? 0x10 : 0) | (plainCoversShared ? 0x20 : 0))
    writer.append(qos.rawValue)
    writer.append(text.utf8)
    writer.append(origin.utf8)
  }

  fileprivate init?(_ reader: inout TicketReader) {
    guard let head = reader.byte(), let qos = reader.byte(), let text = reader.text(),
      let origin = reader.text()
    else { return nil }
    let pattern: GrantPattern
    switch (head & 0x0F, try? TopicFilter(text)) {
    case (0, _): pattern = .everything
    case (1, let filter?): pattern = GrantPattern(filter)
    case (2, let filter?): pattern = GrantPattern(exactly: filter)
    default: return nil
    }
    self.init(
      effect: head & 0x10 == 0 ? .allow : .deny, actions: .subscribe, pattern: pattern,
      qos: QoSSet(rawValue: qos), plainCoversShared: head & 0x20 != 0, origin: origin)
  }
}
