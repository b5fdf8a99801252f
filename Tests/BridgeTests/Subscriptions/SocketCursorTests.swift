import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// The cursor of a subscription that a socket consumes, which has followed something else before.
@Suite struct SocketCursorTests {
  @Test func `what its socket wrote before is not taken for what the subscription gave`() throws {
    let log = try TestLog()
    let events = try log.log([.message("s"), .message("s"), .message("t"), .message("t")])
    let peers = ReplayPeers(log)
    let replays = peers.replays(upTo: try #require(events.last))
    let named = replays.named
    let terms = SubscriptionTerms(filters: [try TopicFilter("s")])
    _ = named.restore([
      StoredSubscription(
        name: "n", config: JSONValue.object(terms.members).encoded, cursor: 0, holdAge: 0,
        createdAt: 0)
    ])
    let id = StreamID(shard: 0, serial: 1)
    let consumption = Consumption(
      try named.attach(id, to: "n", takeover: false, acknowledgesWrites: true))
    var request = StreamRequest(
      stream: id, filters: consumption.filters, maximumQoS: .exactlyOnce, wantsRetained: false,
      representation: Representation(form: .socket), subscription: "n")
    request.isSocket = true
    let rewind = Replay.Rewind(
      filters: consumption.filters, begin: .start(.cursor(consumption.cursor)),
      consumption.opening)
    replays.lagged(id, after: 9)
    replays.left(request, [rewind])
    replays.drained(id, written: 9)
    #expect(named.cursor(of: "n") == 0)
    let text = try peers.read().map(\.text).joined()
    #expect(text.ranges(of: #""topic":"s""#).count == 2 && !text.contains(#""topic":"t""#))
    // Something else was written to it meanwhile, which says nothing about the page.
    replays.drained(id, written: 9)
    #expect(named.cursor(of: "n") == 0)
    replays.drained(id, written: 4)
    #expect(named.cursor(of: "n") == 4)
  }
}
