package import MQTTClient

/// Makes tickets and takes them back: something like a token, for URLs, that reads a few topics.
///
/// A ticket must be used within its time (`connect_before`). Then it stays good for reconnects until it
/// expires, because an EventSource comes back with the URL it had. Its content is signed, so a bridge that
/// was restarted, or another one with the same key, takes it without a table; only whether it was used in
/// time is remembered, here, for tickets of this process. One of another process is taken until it expires,
/// because nobody knows whether it was used.
///
/// Who steals a ticket can read its topics until it expires, and nothing else. Its `id` lets a stream that
/// comes with the same ticket take the place of the one before, so that a thief shows.
package struct Tickets: Sendable {
  package static let prefix = "tk_"
  package static let keyBytesMinimum = 32
  private static let textBytesMaximum = 6144
  private static let signatureBytes = 32

  private let key: [UInt8]
  private let run: [UInt8]
  private let usedMaximum: Int
  /// When the tickets that were used in time expire, by their ids.
  private var used: [[UInt8]: Int64] = [:]

  /// The key is a secret that stays the same over restarts; `run` are random bytes that tell this process
  /// from others.
  package init(key: [UInt8], run: [UInt8], usedMaximum: Int = 20_000) {
    precondition(key.count >= Self.keyBytesMinimum, "a key of \(key.count) bytes signs nothing")
    self.key = key
    self.run = run
    self.usedMaximum = usedMaximum
  }

  package struct Issued: Equatable, Sendable {
    /// Secret.
    package let text: String
    /// Seconds since 1970.
    package let connectBefore: Int64
    package let expiry: Int64
  }

  package struct Accepted: Equatable, Sendable {
    package let caller: Caller
    /// The same for each use of one ticket.
    package let id: [UInt8]
  }

  /// Makes a ticket for a part of what the caller may subscribe to.
  ///
  /// It must be used within so many seconds. `lifetime` is how long it is good when the caller's own
  /// credential has no end, and `id` is sixteen random bytes.
  package func issue(
    to caller: Caller, topics: [TopicFilter], seconds: Int64, lifetime: Int64, at now: Int64,
    id: [UInt8]
  ) throws(Refusal) -> Issued {
    guard caller.method != .ticket else {
      throw Refusal(.filterForbidden, "a ticket is no credential for another ticket")
    }
    for topic in topics {
      let decisions = [QoS.atMostOnce, .atLeastOnce, .exactlyOnce].map {
        caller.grants.maySubscribe(topic, qos: $0)
      }
      if !decisions.contains(.granted), case .refused(let refusal) = decisions[0] { throw refusal }
    }
    let expiry = min(caller.expiry ?? .max, now + max(1, lifetime))
    let rules = caller.grants.subscribingRules.filter { rule in
      topics.contains { rule.pattern.meets($0) }
    }
    let content = TicketContent(
      run: run, id: id, subject: caller.subject, account: caller.account,
      connectBefore: min(now + max(1, seconds), expiry), expiry: expiry, topics: topics,
      rules: rules, history: caller.grants.history,
      maximumConnections: caller.grants.maximumConnections)
    guard let text = text(of: content), text.utf8.count <= Self.textBytesMaximum else {
      throw Refusal(
        .filterForbidden, "the ticket would be too long for a URL", hint: "ask for fewer topics")
    }
    return Issued(text: text, connectBefore: content.connectBefore, expiry: expiry)
  }

  private func text(of content: TicketContent) -> String? {
    let bytes = content.bytes
    guard bytes.count <= Self.textBytesMaximum, let signature = signature(bytes) else { return nil }
    return Self.prefix + Base64URL.encoded(signature + bytes)
  }

  private func signature(_ bytes: [UInt8]) -> [UInt8]? {
    // Nothing else is signed with these words before it.
    try? Cryptography.hmacSHA256(key: key, data: Array("mqtt-bridge ticket 1".utf8) + bytes)
  }

  /// Takes a ticket for a stream.
  package mutating func accept(_ text: String, at now: Int64) throws(Refusal) -> Accepted {
    let content = try content(of: text)
    guard now < content.expiry else {
      throw Refusal(.tokenExpired, "the ticket expired \(now - content.expiry) s ago")
    }
    if content.run == run, used[content.id] == nil {
      guard now < content.connectBefore else {
        throw Refusal(
          .tokenExpired, "the ticket had to be used \(now - content.connectBefore) s ago",
          hint: "ask for a new one")
      }
      try remember(content, at: now)
    }
    let caller = Caller(
      subject: content.subject, account: content.account, method: .ticket, grants: content.grants,
      expiry: content.expiry)
    return Accepted(caller: caller, id: content.id)
  }

  private func content(of text: String) throws(Refusal) -> TicketContent {
    guard text.utf8.count <= Self.textBytesMaximum, text.utf8.starts(with: Self.prefix.utf8),
      let bytes = Base64URL.decoded(text.utf8.dropFirst(Self.prefix.utf8.count)),
      bytes.count > Self.signatureBytes
    else { throw Refusal(.tokenInvalid, "the ticket cannot be used: it is not one of ours") }
    let body = Array(bytes.dropFirst(Self.signatureBytes))
    guard let signature = signature(body),
      Cryptography.isEqual(signature, bytes.prefix(Self.signatureBytes)),
      let content = TicketContent(body)
    else { throw Refusal(.tokenInvalid, "the ticket cannot be used: its signature is wrong") }
    return content
  }

  private mutating func remember(_ content: TicketContent, at now: Int64) throws(Refusal) {
    if used.count >= usedMaximum { used = used.filter { $0.value > now } }
    guard used.count < usedMaximum else {
      throw Refusal(.tooManyConnections, "\(usedMaximum) tickets are in use, which is the limit")
    }
    used[content.id] = content.expiry
  }
}
