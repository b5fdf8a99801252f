import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

@Suite struct OpeningPollsTests {
  private var polls = OpeningPolls()
  private let opening = StreamOpening(filters: [])

  private func request(_ serial: UInt64) throws -> StreamRequest {
    StreamRequest(
      stream: StreamID(shard: 0, serial: serial), filters: [try TopicFilter("a")],
      maximumQoS: .atLeastOnce, wantsRetained: false, representation: Representation())
  }

  private mutating func ready(settled: Bool = true) -> [Int64?] {
    polls.takeReady { _ in settled }.map { $0.cursor?.sequence }
  }

  @Test mutating func `a poll begins where the log was when what came before it is given out`()
    throws
  {
    polls.opened(try request(1), opening)
    polls.gaveOut(9, upTo: LoggedEvent(sequence: 5, time: 1))
    #expect(ready() == [])
    polls.marked(at: 10)
    polls.gaveOut(9, upTo: LoggedEvent(sequence: 6, time: 1))
    #expect(ready() == [])
    polls.gaveOut(10, upTo: LoggedEvent(sequence: 7, time: 1))
    polls.gaveOut(11, upTo: LoggedEvent(sequence: 8, time: 1))
    #expect(ready(settled: false) == [])
    #expect(ready() == [7])
    #expect(polls.isEmpty)
  }

  @Test mutating func `a mark that is set stays, and a poll that is gone does not begin`() throws {
    polls.opened(try request(1), opening)
    polls.opened(try request(2), opening)
    polls.marked(at: 3)
    polls.opened(try request(3), opening)
    polls.marked(at: 5)
    polls.closed(StreamID(shard: 0, serial: 2))
    polls.gaveOut(3, upTo: LoggedEvent(sequence: 1, time: 1))
    polls.gaveOut(5, upTo: LoggedEvent(sequence: 4, time: 1))
    #expect(ready() == [1, 4])
  }
}
