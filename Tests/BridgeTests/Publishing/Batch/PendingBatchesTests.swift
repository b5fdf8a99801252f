import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct PendingBatchesTests {
  private var batches = PendingBatches()
  private let request = RequestID(shard: 1, serial: 2)
  private let id = MessageID(high: 1, low: 1)

  private func form(isAtomic: Bool = true) -> BatchForm {
    BatchForm(
      isAtomic: isAtomic, pointerPrefix: "/messages", preferenceApplied: "wait=1",
      head: RequestHead(method: "POST", target: "/publish/batch"))
  }

  private func result(
    _ answer: Publishing.Answer, isReplay: Bool = false
  ) -> BatchResult {
    var result = BatchResult(
      result: PublishResponse.result(.sample(id), answer), isReplay: isReplay)
    if case .refused(let refusal) = answer { result.refusal = refusal }
    return result
  }

  private let acked = Publishing.Answer.finished(MessageOutcome(state: .acked), storedAt: 1)
  private let pending = Publishing.Answer.pending(.queued, storedAt: 1)
  private let rejected = Publishing.Answer.finished(
    MessageOutcome(state: .rejected, reasonCode: .notAuthorized), storedAt: 1)

  @Test mutating func `the last result answers, in the order of the messages`() throws {
    batches.began(request, count: 3, form())
    #expect(batches.answered(2, of: request, result(pending)) == nil)
    #expect(batches.answered(0, of: request, result(acked)) == nil)
    #expect(batches.missing(of: request) == [1])
    let last = batches.answered(1, of: request, result(rejected))
    let response = try #require(last)
    #expect(response.status == 207)
    let text = String(decoding: response.body, as: UTF8.self)
    #expect(text.hasPrefix(#"{"accepted":2,"rejected":1,"results":[{"index":0,"status":200,"#))
    #expect(text.contains(#"{"index":1,"status":403,"problem":{"#))
    #expect(text.contains(#"{"index":2,"status":202,"#))
    #expect(batches.count == 0)
  }

  @Test mutating func `a message is answered once, and nobody after the client has left`() {
    batches.began(request, count: 2, form())
    #expect(batches.answered(0, of: request, result(acked)) == nil)
    #expect(batches.answered(0, of: request, result(acked)) == nil)
    #expect(batches.missing(of: request) == [1])
    batches.forget(request)
    #expect(batches.answered(1, of: request, result(acked)) == nil)
    #expect(batches.missing(of: request) == [] && batches.count == 0)
  }

  @Test func `the status tells the least that is true of all`() {
    let form = form()
    #expect(form.response([result(acked), result(acked)]).status == 200)
    #expect(form.response([result(acked), result(pending)]).status == 202)
    #expect(form.response([result(pending), result(rejected)]).status == 207)
    #expect(form.response([result(acked)]).headers["Preference-Applied"] == "wait=1")
  }

  @Test func `a batch of which nothing was kept is one error`() {
    let results = [result(.refused(.diskFull)), result(.refused(.diskFull))]
    #expect(form().response(results).status == 507)
    #expect(form(isAtomic: false).response(results).status == 207)
    #expect(form().response([result(.refused(.diskFull)), result(acked)]).status == 207)
  }

  @Test func `a replay of all messages is marked, one of some only at them`() {
    let replay = result(acked, isReplay: true)
    let all = form().response([replay, replay])
    #expect(all.headers["Idempotency-Replayed"] == "true")
    let some = form().response([replay, result(acked)])
    #expect(!some.headers.contains("Idempotency-Replayed"))
    let text = String(decoding: some.body, as: UTF8.self)
    #expect(text.split(separator: #""replayed":true"#).count == 2)
  }

  @Test func `a refusal names every bad message by its place`() throws {
    let problems = [
      (index: 3, problem: Problem(.badParameter, detail: "no").at("/qos")),
      (index: 5, problem: Problem(.payloadTooLarge)),
    ]
    let problem = try #require(form().refusal(problems))
    #expect(problem.code == .badParameter && problem.detail == "message 3: no")
    let text = String(decoding: problem.json.encoded, as: UTF8.self)
    #expect(
      text.hasSuffix(
        #""errors":[{"pointer":"/messages/3/qos","code":"bad-parameter","detail":"no"},"#
          + #"{"pointer":"/messages/5/payload","code":"payload-too-large","#
          + #""detail":"Body is too large"}],"kept":false}"#))
    #expect(form().refusal([]) == nil)
  }
}
