import MQTTClient
import TestSupport
import Testing

@testable import Access

/// Tickets: what they read, how long, and what becomes of a stolen or changed one.
@Suite struct TicketTests {
  private static let key = [UInt8](repeating: 7, count: 32)
  private static let now: Int64 = 1_700_000_000

  private func caller(
    _ subscribe: [String] = ["a/#"], deny: [String] = [], expiry: Int64? = now + 3600,
    method: Caller.Method = .bearer
  ) throws -> Caller {
    var object = GrantObject()
    object.publish = ["a/#"]
    object.subscribe = subscribe
    object.deny = deny
    object.history = true
    object.maximumQoS = .atLeastOnce
    let grants = try object.grants(for: .anonymous, origin: "claim mqtt", pointer: "/mqtt")
    return Caller(
      subject: "alice", account: "jwt::alice", method: method, grants: grants, expiry: expiry)
  }

  private func tickets(run: UInt8 = 1, usedMaximum: Int = 10) -> Tickets {
    Tickets(key: Self.key, run: [run], usedMaximum: usedMaximum)
  }

  private func issue(
    _ tickets: Tickets, _ topics: [String], _ caller: Caller, id: UInt8 = 1, at now: Int64 = now
  ) throws -> Tickets.Issued {
    try tickets.issue(
      to: caller, topics: topics.map { try TopicFilter($0) }, seconds: 60, lifetime: 86_400,
      at: now,
      id: [UInt8](repeating: id, count: 16))
  }

  private func code(_ tickets: inout Tickets, _ text: String, at now: Int64 = now) -> Refusal.Code?
  {
    do {
      _ = try tickets.accept(text, at: now)
      return nil
    } catch { return error.code }
  }

  @Test func `a ticket reads its topics and does nothing else`() throws {
    var tickets = tickets()
    let issued = try issue(tickets, ["a/b/#"], caller(deny: ["a/b/secret"]))
    #expect(issued.text.hasPrefix("tk_"))
    #expect(issued.connectBefore == Self.now + 60)
    #expect(issued.expiry == Self.now + 3600)
    let accepted = try tickets.accept(issued.text, at: Self.now)
    let caller = accepted.caller
    #expect(caller.subject == "alice")
    #expect(caller.account == "jwt::alice")
    #expect(caller.method == .ticket)
    #expect(caller.expiry == issued.expiry)
    let grants = caller.grants
    #expect(try grants.maySubscribe(TopicFilter("a/b/+"), qos: .atLeastOnce).isGranted)
    #expect(try !grants.maySubscribe(TopicFilter("a/b/+"), qos: .exactlyOnce).isGranted)
    #expect(try !grants.maySubscribe(TopicFilter("a/#"), qos: .atMostOnce).isGranted)
    #expect(!grants.mayReceive(topic: "a/b/secret", qos: .atMostOnce))
    #expect(grants.mayReceive(topic: "a/b/c", qos: .atMostOnce))
    #expect(!grants.mayPublish(topic: "a/b/c", qos: .atMostOnce, retain: false).isGranted)
    #expect(grants.mayReadHistory.isGranted)
    #expect(!grants.mayAdminister.isGranted)
    let refusal = GrantsTests.refusal(try grants.maySubscribe(TopicFilter("a/#"), qos: .atMostOnce))
    #expect(refusal?.detail == "subscribe to 'a/#' is not covered by the ticket ['a/b/#']")
  }

  @Test func `nobody gets a ticket for more than his own`() throws {
    let tickets = tickets()
    for topics in [["b"], ["#"], ["a/b", "b"], ["$share/g/a/b"]] {
      #expect(throws: Refusal.self) { try issue(tickets, topics, caller()) }
    }
    #expect(throws: Refusal.self) { try issue(tickets, ["a/b"], caller(method: .ticket)) }
  }

  @Test func `a ticket that was used in time is good for reconnects until it expires`() throws {
    var tickets = tickets()
    let text = try issue(tickets, ["a/b"], caller()).text
    let first = try tickets.accept(text, at: Self.now + 59)
    #expect(try tickets.accept(text, at: Self.now + 3599) == first)
    #expect(code(&tickets, text, at: Self.now + 3600) == .tokenExpired)
  }

  @Test func `a ticket that was not used in time is refused`() throws {
    var tickets = tickets()
    let text = try issue(tickets, ["a/b"], caller()).text
    #expect(code(&tickets, text, at: Self.now + 60) == .tokenExpired)
    #expect(code(&tickets, text, at: Self.now + 59) == nil)
  }

  @Test func `after a restart reconnects are good until they expire`() throws {
    var before = tickets(run: 1)
    let text = try issue(before, ["a/b"], caller()).text
    _ = try before.accept(text, at: Self.now)
    var after = tickets(run: 2)
    #expect(code(&after, text, at: Self.now + 1000) == nil)
    #expect(code(&after, text, at: Self.now + 3600) == .tokenExpired)
    var stranger = Tickets(key: [UInt8](repeating: 8, count: 32), run: [1])
    #expect(code(&stranger, text) == .tokenInvalid)
  }

  @Test func `every changed byte is seen`() throws {
    var tickets = tickets()
    let text = try issue(tickets, ["a/b"], caller()).text
    for index in text.indices.dropFirst(3) {
      var changed = text
      changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
      #expect(code(&tickets, changed) == .tokenInvalid)
    }
    for other in [
      "", "tk_", "tk_AAAA", text + "A", text + "=", String(text.dropFirst(3)), text + text,
    ] {
      #expect(code(&tickets, other) == .tokenInvalid)
    }
    var generator = SeededGenerator(for: "TicketTests")
    for _ in 0..<200 {
      let noise = Base64URL.encoded(generator.bytes(Int.random(in: 0..<200, using: &generator)))
      #expect(code(&tickets, "tk_" + noise) == .tokenInvalid)
    }
  }

  @Test func `bytes that are cut anywhere are read without a trap`() throws {
    let content = TicketContent(
      run: [1], id: [2], subject: "s", account: "a", connectBefore: 1, expiry: 2,
      topics: [try TopicFilter("a")], rules: [], history: false, maximumConnections: nil)
    for count in 0..<content.bytes.count {
      #expect(TicketContent(Array(content.bytes.prefix(count))) == nil)
    }
    #expect(TicketContent(content.bytes) == content)
    #expect(TicketContent(content.bytes + [0xFF]) == nil)
  }

  @Test func `a ticket is bounded, and so is the table`() throws {
    let tickets = tickets()
    let many = (0..<60).map { "a/" + String(repeating: "x", count: 100) + "\($0)" }
    #expect(throws: Refusal.self) { try issue(tickets, many, caller()) }
    var small = self.tickets(usedMaximum: 2)
    let texts = try (UInt8(0)..<3).map { try issue(small, ["a/b"], caller(), id: $0).text }
    #expect(code(&small, texts[0]) == nil)
    #expect(code(&small, texts[1]) == nil)
    #expect(code(&small, texts[2]) == .tooManyConnections)
    #expect(code(&small, texts[0]) == nil)
    let later = try issue(small, ["a/b"], caller(expiry: nil), id: 9, at: Self.now + 3600).text
    #expect(code(&small, later, at: Self.now + 3600) == nil)
  }
}
