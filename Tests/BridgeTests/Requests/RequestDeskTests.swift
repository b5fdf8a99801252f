import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct RequestDeskTests {
  private var desk = RequestDesk(maximum: 3)

  private func entry(
    _ serial: UInt64, _ query: String = "", _ headers: HeaderFields = [:],
    correlation: [UInt8]? = nil
  ) throws -> RequestDesk.Entry {
    let question = try RequestQuestion(.publish("/request?topic=a&timeout=5" + query, headers))
    return RequestDesk.Entry(
      request: RequestID(shard: 0, serial: serial), question: question,
      correlation: correlation ?? [UInt8(serial)],
      replyTopic: question.replyTopic ?? "r/reply", begunAt: .seconds(10))
  }

  private func reply(_ correlation: [UInt8]?, topic: String = "r/reply") -> Publish {
    var publish = Publish(topic: topic, payload: [7], qos: .atMostOnce)
    publish.properties.correlationData = correlation.map { $0[...] }
    return publish
  }

  private func request(_ serial: UInt64) -> RequestID { RequestID(shard: 0, serial: serial) }

  @Test mutating func `a reply belongs to the request whose correlation data it repeats`() throws {
    #expect(desk.began(try entry(1)) == nil)
    #expect(desk.began(try entry(2)) == nil)
    let answered = desk.replied(reply([2]))
    #expect(answered?.request == request(2) && answered?.isComplete == true)
    #expect(answered?.replies == [reply([2])])
    #expect(desk.count == 1 && desk[request(1)] != nil)
    #expect(desk.lateReplies == 0)
  }

  @Test mutating func `what nobody waits for is a late reply`() throws {
    #expect(desk.began(try entry(1)) == nil)
    #expect(desk.replied(reply([9])) == nil)
    #expect(desk.replied(reply(nil)) == nil)
    #expect(desk.replied(reply([1])) != nil)
    #expect(desk.replied(reply([1])) == nil)
    #expect(desk.lateReplies == 3)
  }

  @Test mutating func `so many may wait, and one at a topic of its own`() throws {
    #expect(desk.began(try entry(1, "&reply_topic=b")) == nil)
    #expect(desk.began(try entry(2, "&reply_topic=b")) == .topicTaken)
    #expect(desk.began(try entry(2, "&reply_topic=c")) == nil)
    #expect(desk.began(try entry(3)) == nil)
    #expect(desk.began(try entry(4)) == .full)
    #expect(desk.waits(at: "b") && !desk.waits(at: "r/reply"))
    _ = desk.remove(request(1))
    #expect(!desk.waits(at: "b"))
    #expect(desk.began(try entry(4, "&reply_topic=b")) == nil)
  }

  @Test mutating func `at a topic of its own a reply need not say what it answers`() throws {
    #expect(desk.began(try entry(1, "&reply_topic=b")) == nil)
    #expect(desk.replied(reply([5], topic: "b")) == nil)
    #expect(desk.replied(reply([1])) == nil)
    #expect(desk.replied(reply(nil, topic: "b"))?.request == request(1))
    #expect(desk.began(try entry(2, "&reply_topic=b")) == nil)
    #expect(desk.replied(reply([2], topic: "b"))?.request == request(2))
  }

  @Test mutating func `several replies are collected, or only counted where they are written`()
    throws
  {
    #expect(desk.began(try entry(1, "&max_replies=2")) == nil)
    #expect(
      desk.began(try entry(2, "&max_replies=2", ["Accept": "application/x-ndjson"])) == nil)
    #expect(desk.replied(reply([1]))?.isComplete == false)
    #expect(desk.replied(reply([1]))?.replies.count == 2)
    #expect(desk.replied(reply([2]))?.replies.isEmpty == true)
    #expect(desk.streamDeadlines.map(\.at) == [.seconds(15)])
    #expect(desk.replied(reply([2]))?.replyCount == 2)
    #expect(desk.count == 0 && desk.streamDeadlines.isEmpty)
  }

  @Test mutating func `a timeout says what is known`() throws {
    #expect(desk.began(try entry(1)) == nil)
    func text() throws -> String {
      let entry = try #require(desk[request(1)])
      return String(decoding: RequestAnswer.timeout(entry).json.encoded, as: UTF8.self)
    }
    #expect(try text().hasSuffix(#""acked":false}"#))
    let id = MessageID(high: 1, low: 1)
    desk.published(request(1), .sample(id))
    let alone = MessageOutcome(state: .acked, reasonCode: .noMatchingSubscribers)
    desk.acknowledged(request(1), alone)
    #expect(
      try text().hasSuffix(
        #""hint":"nobody has subscribed to 'a'","id":"\#(id)","acked":true,"reason_code":16,"#
          + #""matching_subscribers":false}"#))
  }
}
