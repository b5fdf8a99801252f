import HTTPFront
import MQTTClient
import TestSupport
import Testing

@testable import Bridge

/// A hub, its log and streams that begin in the log and go on live, beside a broker that sends a
/// message once for each of our filters, or once for all.
struct CopyModel: ~Copyable {
  private struct Viewer {
    let request: StreamRequest
    var group: GroupID?
    /// Where it reads the log; nil while it waits for the broker's answer.
    var cursor: Int?
    var seen: [String] = []
    /// How many messages had been published when the broker's answers had come.
    var since = 0
  }

  private struct Row {
    let publish: Publish
    let arrival: Arrival
    let stored: [UInt8]
  }

  private static let filters = ["r/#", "r/1", "r/+", "+/1", "#", "r/2"]
  private static let topics = ["r/1", "r/2"]
  private static let hold = StreamID(shard: -1, serial: 0)

  private var hub = StreamHub(linger: .zero)
  private var broker: CopyBroker
  private var generator: SeededGenerator
  private let isRecorded: Bool
  private var actions: [StreamHub.Action] = []
  private var viewers: [StreamID: Viewer] = [:]
  private var rows: [Row] = []
  private var given = 0
  private var published: [(topic: String, payload: String)] = []
  private var serial: UInt64 = 0
  private(set) var delivered = 0

  /// With `isRecorded`, something keeps all filters subscribed from the beginning.
  init(_ copies: CopyBroker.Copies, isRecorded: Bool, _ generator: SeededGenerator) throws {
    // Only what is older than everything else stands all that a slow broker does.
    broker = CopyBroker(copies, isSlow: isRecorded)
    self.isRecorded = isRecorded
    self.generator = generator
    guard isRecorded else { return }
    let terms = SubscriptionTerms(filters: [try TopicFilter("r/#")])
    hub.opened(NamedSubscriptions.holdRequest(Self.hold, terms), &actions)
    try run()
    try settle()
  }

  mutating func step() throws {
    switch Int.random(in: 0..<16, using: &generator) {
    case 0: try open()
    case 1: try close()
    case 2..<5: try broker.work()
    case 5..<7: publish()
    case 7..<11: try deliver()
    case 11..<13: give(Int.random(in: 1...3, using: &generator))
    case 13: try expire()
    default: try read()
    }
  }

  /// Everything under way comes to its end; then each stream has had what it should.
  mutating func settle() throws {
    while !broker.isIdle {
      while !broker.requests.isEmpty { try broker.work() }
      try deliver()
    }
    give(.max)
    while viewers.values.contains(where: { $0.cursor != nil && $0.group == nil }) { try read() }
    for viewer in viewers.values { check(viewer) }
  }

  private func check(_ viewer: Viewer) {
    let first = isRecorded ? 0 : viewer.since
    let wanted = published[first...].filter { message in
      viewer.request.filters.contains { $0.matches(topic: message.topic) }
    }.map(\.payload)
    let missing = Set(wanted).subtracting(viewer.seen)
    #expect(missing.isEmpty, "\(viewer.request.filters) lacks \(missing)")
    #expect(Set(viewer.seen).count == viewer.seen.count, "\(viewer.request.filters) has twice")
  }

  private mutating func open() throws {
    guard viewers.count < 4 else { return }
    serial += 1
    let texts = Self.filters.shuffled(using: &generator)
      .prefix(Int.random(in: 1...2, using: &generator))
    let request = StreamRequest(
      stream: StreamID(shard: 0, serial: serial), filters: try texts.map { try TopicFilter($0) },
      maximumQoS: generator.chance(0.5) ? .atLeastOnce : .exactlyOnce, wantsRetained: false,
      representation: Representation(), start: .earliest)
    viewers[request.stream] = Viewer(request: request)
    hub.opened(request, &actions)
    try run()
  }

  private mutating func close() throws {
    let ids = viewers.keys.sorted { $0.serial < $1.serial }
    guard let id = ids.randomElement(using: &generator) else { return }
    viewers[id] = nil
    hub.closed(id, at: .zero, &actions)
    try run()
  }

  private mutating func expire() throws {
    hub.timerFired(at: .zero, &actions)
    try run()
  }

  private mutating func publish() {
    let topic = Self.topics.randomElement(using: &generator) ?? ""
    let payload = "\(published.count)"
    published.append((topic, payload))
    broker.publish(topic, payload, &generator)
  }

  private mutating func deliver() throws {
    switch broker.nextEvent(&generator) {
    case nil: return
    case .subscribed(let identifier): hub.subscribed(identifier, .grantedQoS2, &actions)
    case .unsubscribed(let slot): hub.unsubscribed(slot: slot, &actions)
    case .copy(let publish):
      guard let arrival = hub.arrival(of: publish) else { return }
      let stored = LoggedMessage.encode(publish, arrival.origin)
      rows.append(Row(publish: publish, arrival: arrival, stored: stored))
    }
    try run()
  }

  /// The store has committed the next rows, and the groups get them.
  private mutating func give(_ count: Int) {
    for row in rows[given...].prefix(count) {
      given += 1
      hub.route(row.publish, row.arrival, &actions)
      for case .append(let target) in exchange(&actions, with: []) {
        for (id, viewer) in viewers where viewer.group.map(target.groups.contains) == true {
          see(row.publish, id)
        }
      }
    }
  }

  /// One stream reads what is committed and, at the end of that, joins what is live.
  private mutating func read() throws {
    let reading = viewers.filter { $0.value.cursor != nil && $0.value.group == nil }.keys
    guard
      let id = reading.sorted(by: { $0.serial < $1.serial }).randomElement(using: &generator),
      let viewer = viewers[id], let cursor = viewer.cursor
    else { return }
    for row in rows[cursor..<given] {
      let logged = LoggedMessage.decode(row.stored, topic: row.publish.topic)
      let (publish, origin) = try #require(logged)
      guard origin.counts(for: viewer.request.filters, topic: publish.topic) else { continue }
      see(publish, id)
    }
    viewers[id]?.cursor = given
    viewers[id]?.group = hub.joinLive(id)
  }

  private mutating func see(_ publish: Publish, _ id: StreamID) {
    delivered += 1
    viewers[id]?.seen.append(String(decoding: publish.payload, as: UTF8.self))
  }

  private mutating func run() throws {
    for action in exchange(&actions, with: []) {
      switch action {
      case .subscribe(let identifier, let subscription):
        broker.ask(.subscribe(identifier, subscription))
      case .unsubscribe(let slot, let filter):
        broker.ask(.unsubscribe(slot: slot, filter: filter))
      case .replay(let request, _):
        viewers[request.stream]?.cursor = isRecorded ? 0 : given
        viewers[request.stream]?.since = published.count
      case .held, .remember, .forget, .cover, .uncover: break
      case .open, .refuse, .changed, .append, .sendRetained: Issue.record("\(action)")
      }
    }
  }
}
