@testable import MQTTClient

/// A session with a clock that the test moves, which hands out the actions of each input.
struct SessionHarness: ~Copyable {
  var session: Session
  var now = Duration.seconds(1000)
  private var actions: [SessionAction] = []

  init(_ change: (inout SessionOptions) -> Void = { _ in }) {
    var options = SessionOptions(clientID: "bridge")
    options.reconnect.backoff.jitter = 0
    change(&options)
    session = Session(options: options, jitterSeed: 1)
  }

  mutating func run(
    _ input: (inout Session, Duration, inout [SessionAction]) -> Void
  ) -> [SessionAction] {
    input(&session, now, &actions)
    defer { actions = [] }
    return actions
  }

  mutating func start() -> [SessionAction] { run { $0.start(at: $1, &$2) } }

  mutating func stop() -> [SessionAction] { run { $0.stop(at: $1, &$2) } }

  mutating func flush() -> [SessionAction] { run { $0.flush(at: $1, &$2) } }

  mutating func open() -> [SessionAction] { run { $0.linkOpened(at: $1, &$2) } }

  mutating func fail(_ failure: LinkFailure = .closedByPeer) -> [SessionAction] {
    run { $0.linkFailed(failure, at: $1, &$2) }
  }

  mutating func receive(_ packet: Packet) -> [SessionAction] {
    run { $0.received(packet, at: $1, &$2) }
  }

  mutating func publish(_ request: PublishRequest) -> [SessionAction] {
    run { $0.publish(request, at: $1, &$2) }
  }

  mutating func subscribe(_ key: UInt64, _ filter: String) -> [SessionAction] {
    run {
      $0.subscribe(
        SubscribeRequest(key: key, subscriptions: [Subscription(filter)]), at: $1, &$2)
    }
  }

  /// Moves the clock and fires the timer, whether it is due or not.
  mutating func advance(_ time: Duration) -> [SessionAction] {
    now += time
    return run { $0.timerFired(at: $1, &$2) }
  }

  static func ack(
    _ code: ReasonCode = .success, sessionPresent: Bool = false,
    _ change: (inout ConnectAck.Properties) -> Void = { _ in }
  ) -> ConnectAck {
    var ack = ConnectAck(sessionPresent: sessionPresent, reasonCode: code)
    change(&ack.properties)
    return ack
  }

  /// From idle or waiting to up.
  mutating func connect(
    sessionPresent: Bool = false, _ change: (inout ConnectAck.Properties) -> Void = { _ in }
  ) -> [SessionAction] {
    if case .waiting(let until) = session.state { now = until }
    _ = session.state == .idle ? start() : advance(.zero)
    _ = open()
    return receive(.connectAck(Self.ack(sessionPresent: sessionPresent, change)))
  }
}
