import EventLoop
import TestSupport
import Testing

@testable import MQTTClient

@Suite struct DialerTests {
  private static let a = SocketAddress(.v6(high: 1, low: 0, scope: 0), port: 1)
  private static let b = SocketAddress(.v6(high: 2, low: 0, scope: 0), port: 1)
  private static let c = SocketAddress(.v4(3), port: 1)
  private static let d = SocketAddress(.v4(4), port: 1)
  private static let refused = SystemError("connect", 111)

  var actions: [Dialer.Action] = []

  @Test mutating func `families alternate, beginning with the preferred one`() {
    var dialer = Dialer([Self.a, Self.b, Self.c, Self.d])
    dialer.start(at: .zero, &actions)
    for attempt in 0..<4 { dialer.failed(attempt, Self.refused, at: .zero, &actions) }
    let dialled = actions.compactMap {
      if case .connect(_, let address) = $0 { address } else { nil }
    }
    #expect(dialled == [Self.a, Self.c, Self.b, Self.d])
  }

  @Test mutating func `each address has a head start before the next`() {
    var dialer = Dialer([Self.c, Self.d, Self.a], stagger: .milliseconds(250))
    dialer.start(at: .seconds(1), &actions)
    #expect(actions == [.connect(attempt: 0, Self.c)])
    #expect(dialer.nextDeadline == .milliseconds(1250))
    dialer.timerFired(at: .milliseconds(1249), &actions)
    #expect(actions.count == 1)
    dialer.timerFired(at: .milliseconds(1250), &actions)
    #expect(actions.last == .connect(attempt: 1, Self.a))
    #expect(dialer.nextDeadline == .milliseconds(1500))
    dialer.timerFired(at: .milliseconds(1500), &actions)
    #expect(actions.last == .connect(attempt: 2, Self.d))
    #expect(dialer.nextDeadline == nil)
  }

  @Test mutating func `a failure gives the next address its turn at once`() {
    var dialer = Dialer([Self.a, Self.c], stagger: .milliseconds(250))
    dialer.start(at: .zero, &actions)
    dialer.failed(0, Self.refused, at: .milliseconds(10), &actions)
    #expect(actions.suffix(2) == [.close(attempt: 0), .connect(attempt: 1, Self.c)])
    #expect(dialer.nextDeadline == nil)
  }

  @Test mutating func `the first success wins and the others are closed`() {
    var dialer = Dialer([Self.a, Self.c, Self.b, Self.d])
    dialer.start(at: .zero, &actions)
    dialer.timerFired(at: .seconds(1), &actions)
    dialer.timerFired(at: .seconds(2), &actions)
    actions = []
    dialer.connected(1, &actions)
    #expect(actions == [.close(attempt: 0), .close(attempt: 2), .finish(attempt: 1)])
    #expect(dialer.nextDeadline == nil)
  }

  @Test mutating func `late news after the end changes nothing`() {
    var dialer = Dialer([Self.a, Self.c])
    dialer.start(at: .zero, &actions)
    dialer.timerFired(at: .seconds(1), &actions)
    dialer.connected(0, &actions)
    actions = []
    dialer.connected(1, &actions)
    dialer.failed(1, Self.refused, at: .seconds(2), &actions)
    dialer.timerFired(at: .seconds(9), &actions)
    dialer.giveUp(&actions)
    #expect(actions.isEmpty)
  }

  @Test mutating func `the report says what became of every address`() {
    var dialer = Dialer([Self.a, Self.c])
    dialer.start(at: .zero, &actions)
    dialer.failed(0, Self.refused, at: .zero, &actions)
    dialer.failed(1, SystemError("connect", 113), at: .zero, &actions)
    #expect(
      actions.last
        == .fail([
          Dialer.AddressFailure(address: Self.a, reason: .refused(Self.refused)),
          Dialer.AddressFailure(address: Self.c, reason: .refused(SystemError("connect", 113))),
        ]))
  }

  @Test mutating func `giving up closes and reports what is under way and what is left`() {
    var dialer = Dialer([Self.a, Self.c, Self.b])
    dialer.start(at: .zero, &actions)
    dialer.failed(0, Self.refused, at: .zero, &actions)
    actions = []
    dialer.giveUp(&actions)
    #expect(
      actions == [
        .close(attempt: 1),
        .fail([
          Dialer.AddressFailure(address: Self.a, reason: .refused(Self.refused)),
          Dialer.AddressFailure(address: Self.c, reason: .unanswered),
          Dialer.AddressFailure(address: Self.b, reason: .untried),
        ]),
      ])
  }

  @Test mutating func `no address at all fails at once`() {
    var dialer = Dialer([])
    dialer.start(at: .zero, &actions)
    #expect(actions == [.fail([])])
  }

  @Test mutating func `a name with very many addresses is not tried for ever`() {
    var dialer = Dialer((0..<100).map { SocketAddress(.v4($0), port: 1) })
    dialer.start(at: .zero, &actions)
    for attempt in 0..<Dialer.addressesMax {
      dialer.failed(attempt, Self.refused, at: .zero, &actions)
    }
    guard case .fail(let failures) = actions.last else {
      Issue.record("the dialer goes on")
      return
    }
    #expect(failures.count == Dialer.addressesMax)
  }

  @Test(arguments: 0..<100) mutating func `any course of events ends once and leaks no attempt`(
    round: UInt64
  ) {
    var random = SeededGenerator(seed: round)
    let addresses = [Self.a, Self.b, Self.c, Self.d].shuffled(using: &random)
    var dialer = Dialer(addresses.prefix(Int.random(in: 0...4, using: &random)).map(\.self))
    var now = Duration.zero
    var open: Set<Int> = []
    var ends = 0
    dialer.start(at: now, &actions)
    while true {
      for action in actions {
        switch action {
        case .connect(let attempt, _): #expect(open.insert(attempt).inserted && ends == 0)
        case .close(let attempt): #expect(open.remove(attempt) != nil)
        case .finish(let attempt):
          #expect(open == [attempt])
          ends += 1
        case .fail:
          #expect(open.isEmpty)
          ends += 1
        }
      }
      actions = []
      guard ends == 0 else { break }
      now += .milliseconds(100)
      switch (open.sorted().randomElement(using: &random), Int.random(in: 0..<10, using: &random)) {
      case (let attempt?, 0..<4): dialer.failed(attempt, Self.refused, at: now, &actions)
      case (let attempt?, 4): dialer.connected(attempt, &actions)
      case (_, 5): dialer.giveUp(&actions)
      default: dialer.timerFired(at: now, &actions)
      }
    }
    #expect(ends == 1)
  }
}
