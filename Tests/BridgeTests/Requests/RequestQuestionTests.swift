import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct RequestQuestionTests {
  private func question(
    _ target: String, _ headers: HeaderFields = [:], _ body: String = ""
  ) throws(Problem) -> RequestQuestion {
    try RequestQuestion(.publish(target, headers, Array(body.utf8)))
  }

  private func code(
    _ target: String, _ headers: HeaderFields = [:], _ body: String = ""
  ) -> ProblemCode? {
    do throws(Problem) {
      _ = try question(target, headers, body)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `the query says how to wait`() throws {
    let question = try question(
      "/request?topic=a&timeout=7&max_replies=3&queue=true&reply_topic=b&qos=2", [:], "x")
    #expect(question.timeout == .seconds(7) && question.repliesMaximum == 3)
    #expect(question.isQueued && question.replyTopic == "b")
    #expect(question.draft.topic == "a" && question.draft.qos == .exactlyOnce)
    #expect(question.draft.payload == [0x78])
    let plain = try self.question("/request?topic=a")
    #expect(plain.timeout == .seconds(5) && plain.repliesMaximum == 1 && !plain.isQueued)
    #expect(plain.replyTopic == nil && plain.form == .raw)
  }

  @Test func `an envelope can say the same`() throws {
    let question = try question(
      "/request", ["Content-Type": "application/json"],
      #"{"topic":"a","payload":{"n":1},"timeout":2,"max_replies":4,"queue":false}"#)
    #expect(question.timeout == .seconds(2) && question.repliesMaximum == 4)
    #expect(question.draft.topic == "a" && question.draft.properties.contentType != nil)
  }

  @Test(arguments: [
    ("/request?topic=a&timeout=0", ProblemCode.badParameter),
    ("/request?topic=a&timeout=3601", .badParameter),
    ("/request?topic=a&max_replies=0", .badParameter),
    ("/request?topic=a&queue=maybe", .badParameter),
    ("/request?topic=a&reply_topic=b/%23", .topicInvalid),
    ("/request?topic=a&reply_topic=a", .topicInvalid),
    ("/request?topic=a&response_topic=b", .badParameter),
    ("/request?topic=a&correlation_data=AQID", .badParameter),
    ("/request?topic=a&ack=stored", .badParameter),
    ("/request?topic=a&idempotency_key=k", .badParameter),
    ("/request?topic=a&retain=true", .badParameter), ("/request", .missingTopic),
    ("/request?topic=a&timeouts=1", .unknownParameter),
  ])
  func `what a request cannot be is refused`(target: String, code: ProblemCode) {
    #expect(self.code(target) == code)
  }

  @Test func `the fields of a request are none of a publish`() {
    let request = Request.publish("/publish?topic=a&timeout=1")
    #expect(throws: Problem.self) { try PublishParser.parse(request) }
  }

  @Test(arguments: [
    ("", 1, RequestQuestion.Form.raw), ("application/json", 1, .json), ("*/*", 1, .raw),
    ("", 2, .json), ("application/json", 2, .json), ("application/x-ndjson", 2, .lines),
    ("text/event-stream", 2, .events), ("text/event-stream", 1, .raw),
  ])
  func `the client says how it wants the replies`(
    accept: String, replies: Int, form: RequestQuestion.Form
  ) throws {
    let headers: HeaderFields = accept.isEmpty ? [:] : ["Accept": accept]
    #expect(try question("/request?topic=a&max_replies=\(replies)", headers).form == form)
  }

  @Test func `the message knows where to reply, and is not kept for later`() throws {
    let draft = try question("/request?topic=a&timeout=7")
      .message(replyTopic: "r", correlation: [1, 2])
    #expect(draft.properties.responseTopic == "r")
    #expect(draft.properties.correlationData == [1, 2])
    #expect(draft.properties.messageExpiryInterval == 7 && draft.expiresIn == 7)
    #expect(!draft.needsMQTT5)
    let sooner = try question("/request?topic=a&timeout=7&expires_in=3&message_expiry_interval=2")
      .message(replyTopic: "r", correlation: [])
    #expect(sooner.properties.messageExpiryInterval == 2 && sooner.expiresIn == 3)
    let never = try question("/request?topic=a&timeout=7&expires_in=0")
      .message(replyTopic: "r", correlation: [])
    #expect(never.expiresIn == 7)
    let queued = try question("/request?topic=a&timeout=7&queue=1")
      .message(replyTopic: "r", correlation: [])
    #expect(queued.properties.messageExpiryInterval == nil && queued.expiresIn == nil)
  }
}
