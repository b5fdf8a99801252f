import HTTPFront
import Testing

@testable import Bridge

@Suite struct BatchUploadTests {
  private var upload: BatchUpload

  init() throws {
    let head = RequestHead(method: "POST", target: "/publish/batch?atomic=false")
    upload = BatchUpload(
      try BatchFields(head), head, wait: .seconds(5), lineBytesMax: 10, resultsMax: 3)
  }

  private func accepted(_ status: Int = 200) -> BatchResult {
    BatchResult(result: .success(status: status, id: "x", isStored: true, []))
  }
  private let refused = BatchResult(result: .problem(Problem(.queueFull)))

  private mutating func begin(_ count: Int) { for _ in 0..<count { _ = upload.began() } }

  private func text(_ response: Response?) -> String {
    response.map { "\($0.status) " + String(decoding: $0.body, as: UTF8.self) } ?? "none"
  }

  @Test mutating func `a body without a line is no batch`() {
    #expect(text(upload.ended()).hasPrefix("400 "))
  }

  @Test mutating func `the answer comes when the body is over and all is known`() {
    begin(2)
    #expect(upload.answered(1, accepted()) == .nothing)
    #expect(upload.ended() == nil)
    guard case .answer(let response) = upload.answered(0, accepted(202)) else {
      Issue.record("no answer")
      return
    }
    #expect(
      text(response)
        == #"202 {"accepted":2,"rejected":0,"results":[{"index":0,"status":202},"#
        + #"{"index":1,"status":200}]}"#)
    #expect(upload.answered(0, accepted()) == .nothing)
  }

  @Test mutating func `of a long batch only refusals are told, and not more than may be`() {
    begin(3)
    for index in 0..<3 { _ = upload.answered(index, index == 1 ? refused : accepted()) }
    begin(5)
    for index in 3..<8 { _ = upload.answered(index, index == 3 ? accepted() : refused) }
    let answer = text(upload.ended())
    #expect(
      answer.hasPrefix(#"207 {"accepted":3,"rejected":5,"results":[{"index":1,"status":503,"#))
    #expect(answer.contains(#"{"index":4,"#) && answer.contains(#"{"index":5,"#))
    #expect(!answer.contains(#"{"index":6,"#) && !answer.contains(#"{"index":0,"#))
    #expect(answer.hasSuffix(#""results_omitted":5}"#))
  }

  @Test mutating func `the body waits while too many messages do`() {
    let most = BatchUpload.outstandingMax
    begin(most - 1)
    let early = upload.pauseIfFull(at: .seconds(1))
    begin(1)
    let late = upload.pauseIfFull(at: .seconds(2))
    #expect(!early && late && upload.pausedAt == .seconds(2))
    for index in 0..<(most / 2 - 1) { #expect(upload.answered(index, accepted()) == .nothing) }
    #expect(upload.answered(most - 1, accepted()) == .resume)
    #expect(upload.pausedAt == nil && upload.outstanding.count == most / 2)
    #expect(upload.answered(most - 2, accepted()) == .nothing)
    #expect(upload.outstandingPeak == most)
  }

  @Test mutating func `lines are cut out of pieces, and one that is too long is told`() {
    let first = upload.received(Array("123456789\n12345".utf8))
    #expect(first.map(\.bytes.count) == [9])
    let second = upload.received(Array("678901\n{}\n1".utf8))
    #expect(second.map(\.isTooLong) == [true, false] && second.map(\.number) == [2, 3])
    #expect(upload.takeLastLine().map(\.number) == [4])
  }
}
