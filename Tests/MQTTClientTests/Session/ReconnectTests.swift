import Testing

@testable import MQTTClient

@Suite struct ReconnectTests {
  static let lost = DownReason.linkFailed(.closedByPeer)

  func reconnect(jitter: Double = 0) -> Reconnect {
    Reconnect(Backoff(jitter: jitter), seed: 1)
  }

  @Test func `the wait doubles up to the maximum`() {
    var reconnect = reconnect()
    let waits = (0..<10).map { _ in reconnect.delay(after: Self.lost, at: .zero) }
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
    .closedByBroker(.sessionTakenOver, reasonString: nil),
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
    var reconnect = Reconnect(Backoff(initial: .seconds(8), maximum: .seconds(8)), seed: 9)
    let waits = (0..<100).map { _ in reconnect.delay(after: Self.lost, at: .zero) }
    #expect(waits.allSatisfy { $0 >= .seconds(6) && $0 <= .seconds(10) })
    #expect(Set(waits).count > 90)
  }

  @Test(arguments: [
    Backoff(initial: .zero, factor: 0, maximum: .zero, jitter: 5),
    Backoff(initial: .seconds(-1), factor: .nan, maximum: .seconds(-1), jitter: .nan),
    Backoff(initial: .seconds(Int64.max), factor: .infinity, maximum: .seconds(Int64.max)),
  ]) func `no setting makes a hot loop or overflows`(backoff: Backoff) {
    var reconnect = Reconnect(backoff, seed: 3)
    for _ in 0..<100 {
      let wait = reconnect.delay(after: Self.lost, at: .zero)
      #expect(wait >= .milliseconds(1) && wait <= .seconds(200_000))
    }
  }
}
