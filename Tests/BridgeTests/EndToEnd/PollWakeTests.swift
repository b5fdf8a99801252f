import TestSupport
import Testing

extension EndToEnd {
  /// Polls that wait at the end of the log, until the store has more.
  @Suite struct PollWakeTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    /// A poll that has read to the end of the log and waits there.
    private func waitingPoll(_ filter: String) throws -> OpenRequest {
      let target = "/subscribe?poll=1&topic=\(filter)/%23&wait="
      let waiting = try OpenRequest(bridge, "GET", target + "60")
      guard eventually({ broker.log.contains { $0.contains("\(filter)/# (QoS") } }) else {
        throw TestFailure("the poll does not subscribe")
      }
      // Reads are done one after the other: behind the answer to a later one, the first one waits.
      guard try bridge.client.get(target + "0").status == 200 else {
        throw TestFailure("no second poll")
      }
      return waiting
    }

    @Test func `a poll that waits is answered when the store has its message, and not before`()
      throws
    {
      let waiting = try waitingPoll("w")
      for number in 0..<20 { try bridge.publish("\(number)", to: "other/\(number)") }
      try bridge.publish("x", to: "w/1")
      let answer = try waiting.answer().json
      #expect(answer.objects("messages").map { $0.string("payload") } == ["x"])
      #expect(!answer.has("gap"))
      #expect(answer.string("last_event_id") == answer.objects("messages")[0].string("id"))
    }

    @Test func `each of several polls that wait is woken by its own message`() throws {
      let polls = try (0..<5).map { try waitingPoll("s\($0)") }
      for number in (0..<5).reversed() { try bridge.publish("\(number)", to: "s\(number)/a") }
      for (number, poll) in polls.enumerated() {
        let answer = try poll.answer().json
        #expect(answer.objects("messages").map { $0.string("payload") } == ["\(number)"])
      }
    }

    @Test func `a poll that waits is told of a gap when it is there`() throws {
      let waiting = try waitingPoll("g")
      // What has QoS 0 is lost while there is no connection.
      try broker.stop()
      try broker.start()
      let answer = try waiting.answer().json
      #expect(answer.object("gap")?.string("reason") == "broker_connection_lost")
      #expect(answer.objects("messages").isEmpty)
    }
  }
}
