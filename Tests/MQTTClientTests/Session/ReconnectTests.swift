import Testing

@testable import MQTTClient

@Suite struct ReconnectTests {
  static let lost = DownReason.linkFailed(.closedByPeer)

  func reconnect(jitter: Double = 0) -> Reconnect {
    Reconnect(ReconnectPolicy(backoff: Backoff(jitter: jitter), refusalsMaximum: nil), seed: 1)
  }

  @Test func `the wait doubles up to the maximum`() {
    var reconnect = reconnect()
    let waits = (0..<10).compactMap { _ in reconnect.delay(after: Self.lost, at: .zero) }
    let first = [200, 400, 800, 1600].map { Duration.milliseconds($0) }
    #expect(Array(waits.prefix(4)) == first)
    #expect(Array(waits.suffix(2)) == [.seconds(30), .seconds(30)])
  }

  @Test func `a link that held starts the waits again and a short one does not`() {
    var reconnect = reconnect()
    for _ in 0..<5 { _ = reconnect.delay(after: Self.lost, at: .zero) }
    reconnect.accepted(at: .seconds(1))
    #expect(reconnect.delay(after: Self.lost, at: .seconds(2)) == .milliseconds(6400))
    reconnect.accepted(at: .seconds(10))
    #expect(reconnect.delay(after: Self.lost, at: .seconds(20)) == .milliseconds(200))
  }

  @Test(arguments: [
    DownReason.refused(.badUsernameOrPassword, reasonString: nil),
    .refused(.notAuthorized, reasonString: nil),
    .authenticationFailed(.authenticator("the broker's proof is wrong")),
  ]) func `what a retry cannot change waits for the maximum at once`(reason: DownReason) {
    var reconnect = reconnect()
    #expect(reconnect.delay(after: reason, at: .zero) == .seconds(30))
  }

  @Test(arguments: [
    DownReason.refused(.serverUnavailable, reasonString: nil),
    .closedByBroker(.serverShuttingDown, reasonString: nil), .violation(.protocolError),
    .pingTimeout,
  ]) func `what passes is tried again soon`(reason: DownReason) {
    var reconnect = reconnect()
    #expect(reconnect.delay(after: reason, at: .zero) == .milliseconds(200))
  }

  @Test func `jitter spreads the waits within its share`() {
    let backoff = Backoff(initial: .seconds(8), maximum: .seconds(8))
    var reconnect = Reconnect(ReconnectPolicy(backoff: backoff), seed: 9)
    let waits = (0..<100).compactMap { _ in reconnect.delay(after: Self.lost, at: .zero) }
    #expect(waits.allSatisfy { $0 >= .seconds(6) && $0 <= .seconds(10) })
    #expect(Set(waits).count > 90)
  }

  @Test(arguments: [
    Backoff(initial: .zero, factor: 0, maximum: .zero, jitter: 5),
    Backoff(initial: .seconds(-1), factor: .nan, maximum: .seconds(-1), jitter: .nan),
    Backoff(initial: .seconds(Int64.max), factor: .infinity, maximum: .seconds(Int64.max)),
  ]) func `no setting makes a hot loop or overflows`(backoff: Backoff) {
    var reconnect = Reconnect(ReconnectPolicy(backoff: backoff), seed: 3)
    for _ in 0..<100 {
      let wait = reconnect.delay(after: Self.lost, at: .zero) ?? .zero
      #expect(wait >= .milliseconds(1) && wait <= .seconds(200_000))
    }
  }

  @Test func `a short link that got work done does not lead to the longest waits`() {
    var reconnect = reconnect()
    for _ in 0..<10 {
      reconnect.accepted(at: .zero)
      reconnect.madeProgress()
      let wait = reconnect.delay(after: Self.lost, at: .seconds(1)) ?? .zero
      #expect(wait <= .seconds(5))
    }
  }

  @Test func `work done over a link that the broker broke does not count`() {
    var reconnect = reconnect()
    var last: Duration?
    for _ in 0..<10 {
      reconnect.accepted(at: .zero)
      reconnect.madeProgress()
      last = reconnect.delay(after: .violation(.malformedPacket), at: .seconds(1))
    }
    #expect(last == .seconds(30))
  }

  @Test func `refusals in a row are given up and others between them start the count again`() {
    let refused = DownReason.refused(.notAuthorized, reasonString: nil)
    var reconnect = Reconnect(ReconnectPolicy(refusalsMaximum: 3), seed: 1)
    for _ in 0..<2 { #expect(reconnect.delay(after: refused, at: .zero) != nil) }
    #expect(reconnect.delay(after: Self.lost, at: .zero) != nil)
    for _ in 0..<2 { #expect(reconnect.delay(after: refused, at: .zero) != nil) }
    #expect(reconnect.delay(after: refused, at: .zero) == nil)
  }

  @Test func `an accepted connection starts both counts again`() {
    let refused = DownReason.refused(.badUsernameOrPassword, reasonString: nil)
    var reconnect = Reconnect(ReconnectPolicy(attemptsMaximum: 3, refusalsMaximum: 2), seed: 1)
    for _ in 0..<5 {
      #expect(reconnect.delay(after: refused, at: .zero) != nil)
      reconnect.accepted(at: .zero)
    }
    #expect(reconnect.delay(after: refused, at: .zero) != nil)
    #expect(reconnect.delay(after: refused, at: .zero) == nil)
  }

  @Test func `the attempts that are allowed are counted`() {
    var reconnect = Reconnect(ReconnectPolicy(attemptsMaximum: 3), seed: 1)
    #expect(reconnect.delay(after: Self.lost, at: .zero) != nil)
    #expect(reconnect.delay(after: Self.lost, at: .zero) != nil)
    #expect(reconnect.delay(after: Self.lost, at: .zero) == nil)
    reconnect.started()
    #expect(reconnect.delay(after: Self.lost, at: .zero) != nil)
  }

  @Test func `without a policy to reconnect the first failure is the last`() {
    var reconnect = Reconnect(.never, seed: 1)
    #expect(reconnect.delay(after: Self.lost, at: .zero) == nil)
  }

  @Test func `a session that another client took is given up or waits long`() {
    let taken = DownReason.closedByBroker(.sessionTakenOver, reasonString: nil)
    var reconnect = Reconnect(ReconnectPolicy(), seed: 1)
    #expect(reconnect.delay(after: taken, at: .zero) == nil)
    var always = ReconnectPolicy.always
    always.backoff.jitter = 0
    reconnect = Reconnect(always, seed: 1)
    for _ in 0..<100 { #expect(reconnect.delay(after: taken, at: .zero) == .seconds(30)) }
  }
}
