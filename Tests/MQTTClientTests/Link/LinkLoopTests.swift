import EventLoop
import TestSupport
import Testing

@testable import MQTTClient

/// The order of a loop that is driven by hand.
@Suite struct LinkLoopTests {
  private final class Witness: LinkApplication {
    var seen: [String] = []

    func handle(_ message: String, _ link: LinkContext) { seen.append(message) }

    func received(_ event: LinkEvent, _ link: LinkContext) {
      if case .delivered(let publish, _) = event { seen.append(publish.topic) }
    }
  }

  @Test func `what was sent before the start comes before anything of the broker`() throws {
    let listener = try LoopbackListener()
    let options = try ClientOptions.test(port: listener.port)
    let mailboxes = try LinkMailboxes<String>(capacity: 4)
    let witness = Witness()
    let pollSet = try PollSet(mailboxes)
    let loop = LinkLoop(
      options, mailboxes, pollSet, Resolver(), LinkObservations(servers: ["a"]), witness)
    mailboxes.application.sendReserved("message")
    loop.start()
    // The bytes are in the client's socket when this returns, so its first turn finds them.
    let peer = BrokerPeer(try listener.accept())
    try peer.send(.connectAck(ConnectAck(sessionPresent: true, reasonCode: .success)))
    try peer.send(.publish(Publish(topic: "topic", payload: [], qos: .atLeastOnce, packetID: 1)))
    let deadline = Deadline(after: .seconds(20))
    while witness.seen.count < 2, !deadline.hasPassed { loop.turn(atMost: .milliseconds(100)) }
    #expect(witness.seen == ["message", "topic"])
  }
}
