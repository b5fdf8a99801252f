import HTTPClient
import Testing
import Webhooks

@Suite struct RetryTermsTests {
  @Test(arguments: [
    (200, RetryTerms.Verdict.delivered), (204, .delivered), (299, .delivered), (302, .refused),
    (400, .refused), (404, .refused), (410, .refused), (413, .refused), (408, .retry(after: nil)),
    (425, .retry(after: nil)), (429, .retry(after: nil)), (500, .retry(after: nil)),
    (503, .retry(after: nil)), (599, .retry(after: nil)), (0, .refused), (600, .refused),
  ])
  func `a status says whether the request is done, refused or tried again`(
    status: Int, verdict: RetryTerms.Verdict
  ) {
    #expect(RetryTerms.verdict(.answered(ReceivedAnswer(status: status))) == verdict)
  }

  @Test func `without an answer it is tried again, and a receiver may say when`() {
    #expect(RetryTerms.verdict(.failed("no route")) == .retry(after: nil))
    let answer = ReceivedAnswer(status: 503, retryAfter: .seconds(7))
    #expect(RetryTerms.verdict(.answered(answer)) == .retry(after: .seconds(7)))
  }

  @Test func `pauses double from one second to five minutes, and are halved at most`() {
    let terms = RetryTerms()
    for (attempts, seconds) in [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (1_000_000, 300)] {
      let whole = Duration.seconds(seconds)
      #expect(terms.pause(afterAttempts: attempts, askedFor: nil, jitter: 1) == whole)
      #expect(terms.pause(afterAttempts: attempts, askedFor: nil, jitter: 0) == whole * 0.5)
    }
  }

  @Test func `what the receiver asks for counts up to an hour, and never shortens a pause`() {
    let terms = RetryTerms()
    #expect(terms.pause(afterAttempts: 1, askedFor: .seconds(90), jitter: 1) == .seconds(90))
    #expect(terms.pause(afterAttempts: 1, askedFor: .seconds(90_000), jitter: 1) == .seconds(3600))
    #expect(terms.pause(afterAttempts: 9, askedFor: .seconds(1), jitter: 1) == .seconds(256))
  }
}
