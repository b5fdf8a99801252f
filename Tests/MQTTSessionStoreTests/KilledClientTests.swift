import EventLoop
import Glibc
import MQTTClient
import MQTTSessionStore
import TestSupport
import Testing

/// A client that is killed in the middle of its work, and the one that goes on, at a real broker.
@Suite struct KilledClientTests {
  @Test func `a killed client and the next one bring every QoS 2 message to the broker once`()
    async throws
  {
    let broker = try Mosquitto()
    let directory = try TemporaryDirectory()
    let arrivals = Arrivals()
    let subscriber = try Link(Self.options(broker.port, "subscriber")) { Subscriber(arrivals) }
    try subscriber.start()
    try #require(eventually { arrivals.isSubscribed })
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [port = broker.port as UInt16, path = directory.path as String] in
      var options = try Self.options(port, "publisher")
      options.sessionStore = try FileSessionStore(directory: path)
      let link = try Link(options) { Publisher(diesAfter: Publisher.count / 3) }
      try link.start()
      link.join()
    }
    let store = try FileSessionStore(directory: directory.path)
    let left = store.stored().publishes.count
    #expect(left > 0 && left < Publisher.count)
    var options = try Self.options(broker.port, "publisher")
    options.sessionStore = store
    let link = try Link(options) { Publisher(diesAfter: nil) }
    try link.start()
    #expect(eventually { arrivals.topics.count >= Publisher.count })
    try link.stop(.drain(Disconnect()), within: .seconds(10))
    link.join()
    subscriber.stop(within: .seconds(10))
    subscriber.join()
    #expect(Set(arrivals.topics).count == Publisher.count)
    #expect(arrivals.topics.count == Publisher.count, "nothing came twice")
    store.close()
    let after = try FileSessionStore(directory: directory.path)
    #expect(after.stored().publishes.isEmpty)
    after.close()
  }

  private static func options(_ port: UInt16, _ clientID: String) throws -> ClientOptions {
    var session = SessionOptions(clientID: clientID)
    session.inflightMaximum = 15
    return ClientOptions(broker: try BrokerURL("mqtt://127.0.0.1:\(port)"), session: session)
  }
}

/// What a subscriber has received.
private final class Arrivals: Sendable {
  private let state = Locked<(topics: [String], isSubscribed: Bool)>(([], false))

  var topics: [String] { state.withLock { $0.topics } }
  var isSubscribed: Bool { state.withLock { $0.isSubscribed } }

  func add(_ topic: String) { state.withLock { $0.topics.append(topic) } }
  func subscribed() { state.withLock { $0.isSubscribed = true } }
}

private final class Subscriber: LinkApplication {
  private let arrivals: Arrivals

  init(_ arrivals: Arrivals) { self.arrivals = arrivals }

  func started(_ link: LinkContext) {
    link.subscribe(SubscribeRequest(key: 1, subscriptions: [Subscription("killed/#")]))
  }

  func handle(_ message: Int, _ link: LinkContext) {}

  func received(_ event: LinkEvent, _ link: LinkContext) {
    switch event {
    case .subscribed: arrivals.subscribed()
    case .delivered(let publish, let token):
      arrivals.add(publish.topic)
      link.acknowledge(token)
    default: break
    }
  }
}

/// Publishes everything and dies when some of it is acknowledged; or only finishes what is stored.
private final class Publisher: LinkApplication {
  static let count = 300

  private let deathAfter: Int?
  private var finished = 0

  init(diesAfter deathAfter: Int?) { self.deathAfter = deathAfter }

  func started(_ link: LinkContext) {
    guard deathAfter != nil else { return }
    for number in 0..<Self.count {
      let publish = Publish(topic: "killed/\(number)", payload: [], qos: .exactlyOnce)
      link.publish(PublishRequest(key: UInt64(number), publish: publish))
    }
  }

  func handle(_ message: Int, _ link: LinkContext) {}

  func received(_ event: LinkEvent, _ link: LinkContext) {
    guard case .finished = event else { return }
    finished += 1
    if finished == deathAfter { kill(getpid(), SIGKILL) }
  }
}
