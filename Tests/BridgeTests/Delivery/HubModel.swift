import HTTPFront
import MQTTClient
import TestSupport
import Testing

@testable import Bridge

/// A hub between a scripted broker and streams that come and go, and what each stream must see.
struct HubModel: ~Copyable {
  struct Viewer {
    let request: StreamRequest
    var group: GroupID?
    var granted: [TopicFilter] = []
    var hasRefusal = false
    /// How often each retained topic came.
    var retained: [String: Int] = [:]

    var plain: [TopicFilter] { granted.filter { !$0.isShared } }
  }

  private static let filters = [
    "a/#", "a/b", "a/+", "+/b", "#", "b", "a/b/c", "$share/g/a/#", "$share/h/a/b",
  ]
  private static let topics = ["a", "a/b", "a/c", "b", "a/b/c", "c/b", "$SYS/x"]

  private var hub = StreamHub(linger: .seconds(30))
  private var broker: ScriptedBroker
  private var generator: SeededGenerator
  private var now = Duration.zero
  private var viewers: [StreamID: Viewer] = [:]
  private var open: Set<SubscriptionIdentifier> = []
  private var openUnsubscribes: Set<Int> = []
  private var actions: [StreamHub.Action] = []
  private var serial: UInt64 = 0
  private(set) var deliveries = 0

  init(_ copies: ScriptedBroker.Copies, _ generator: SeededGenerator, refusals: Double) {
    broker = ScriptedBroker(copies, refusals: refusals, retained: ["a/b", "b", "a/b/c"])
    self.generator = generator
    hub.usesIdentifiers = copies != .anonymous
  }

  mutating func step() throws {
    switch Int.random(in: 0..<20, using: &generator) {
    case 0..<4: openStream()
    case 4..<7: closeStream()
    case 7..<11: try broker.work(&generator)
    case 11..<16:
      for _ in 0..<3 { deliver() }
    case 16: tick(Int.random(in: 1...40, using: &generator))
    default:
      broker.publish(
        Self.topics[Int.random(in: 0..<Self.topics.count, using: &generator)], &generator)
    }
  }

  /// Closes everything; nothing may be left.
  mutating func end() throws {
    while !viewers.isEmpty { closeStream() }
    for _ in 0..<4 {
      while !broker.requests.isEmpty { try broker.work(&generator) }
      while !broker.events.isEmpty { deliver() }
      tick(40)
    }
    #expect(hub.isEmpty == true)
    #expect(hub.streamCount == 0 && hub.filterCount == 0)
    #expect(open.isEmpty && openUnsubscribes.isEmpty)
  }

  private mutating func openStream() {
    serial += 1
    let count = Int.random(in: 1...3, using: &generator)
    // Without identifiers nobody can tell what a shared subscription brought.
    let pool = broker.copies == .anonymous ? Self.filters.dropLast(2) : Self.filters[...]
    let filters = pool.shuffled(using: &generator).prefix(count).compactMap { try? TopicFilter($0) }
    let request = StreamRequest(
      stream: StreamID(shard: Int.random(in: 0..<2, using: &generator), serial: serial),
      filters: filters, maximumQoS: Bool.random(using: &generator) ? .atLeastOnce : .atMostOnce,
      wantsRetained: Bool.random(using: &generator),
      representation: Representation(envelope: Bool.random(using: &generator) ? .json : .none))
    viewers[request.stream] = Viewer(request: request)
    hub.opened(request, &actions)
    run()
  }

  private mutating func closeStream() {
    let ids = viewers.keys.sorted { $0.serial < $1.serial }
    guard let id = ids.randomElement(using: &generator) else { return }
    if let viewer = viewers.removeValue(forKey: id) { checkRetained(viewer) }
    hub.closed(id, at: now, &actions)
    run()
  }

  private mutating func tick(_ seconds: Int) {
    now += .seconds(seconds)
    hub.timerFired(at: now, &actions)
    run()
  }

  private mutating func deliver() {
    switch broker.nextEvent() {
    case nil: return
    case .subscribed(let identifier, let code):
      open.remove(identifier)
      hub.subscribed(identifier, code, &actions)
      run()
    case .unsubscribed(let slot):
      openUnsubscribes.remove(slot)
      hub.unsubscribed(slot: slot, &actions)
      run()
    case .retained(let publish):
      hub.received(publish, &actions)
      for action in take() {
        guard case .sendRetained(let streams, let representation) = action else {
          Issue.record("\(action) for a retained message")
          continue
        }
        for id in streams {
          #expect(viewers[id]?.request.representation == representation)
          viewers[id]?.retained[publish.topic, default: 0] += 1
        }
      }
    case .message(let copies, let filters): deliver(copies, filters)
    }
  }

  private mutating func deliver(_ copies: [Publish], _ filters: [TopicFilter]) {
    var seen: [StreamID: Int] = [:]
    for copy in copies {
      hub.received(copy, &actions)
      for action in take() {
        guard case .append(let target) = action else {
          Issue.record("\(action) for a message")
          continue
        }
        for (id, viewer) in viewers where viewer.group.map(target.groups.contains) == true {
          #expect(viewer.request.representation == target.representation)
          #expect(id.shard == target.shard)
          seen[id, default: 0] += target.groups.filter { $0 == viewer.group }.count
        }
      }
    }
    for (id, viewer) in viewers where viewer.group != nil {
      let shared = viewer.granted.filter { $0.isShared && filters.contains($0) }.count
      let isPlain = viewer.plain.contains(where: filters.contains)
      #expect(
        seen[id, default: 0] == shared + (isPlain ? 1 : 0), "\(viewer.request.filters) \(copies)")
      deliveries += seen[id, default: 0]
    }
  }

  private func checkRetained(_ viewer: Viewer) {
    #expect(viewer.retained.values.allSatisfy { $0 == 1 }, "\(viewer)")
    #expect(viewer.request.wantsRetained || viewer.retained.isEmpty)
    // What has just opened may still wait for its retained messages, so only a quiet broker counts.
    guard viewer.group != nil, viewer.request.wantsRetained, !viewer.hasRefusal,
      broker.events.isEmpty
    else { return }
    let expected = broker.retained.filter { topic in
      viewer.plain.contains { $0.matches(topic: topic) }
    }
    #expect(Set(viewer.retained.keys) == Set(expected), "\(viewer)")
  }

  private mutating func take() -> [StreamHub.Action] { exchange(&actions, with: []) }

  private mutating func run() {
    for action in take() {
      switch action {
      case .subscribe(let identifier, let subscription):
        #expect(open.insert(identifier).inserted, "two requests with one key")
        broker.ask(.subscribe(identifier, subscription))
      case .unsubscribe(let slot, let filter):
        #expect(openUnsubscribes.insert(slot).inserted, "two requests with one key")
        broker.ask(.unsubscribe(slot: slot, filter: filter))
      case .open(let id, let group, let opening):
        #expect(viewers[id] != nil && viewers[id]?.group == nil)
        viewers[id]?.group = group
        settle(id, opening)
      case .refuse(let id, let opening):
        settle(id, opening)
        #expect(viewers[id]?.granted.isEmpty == true)
      case .remember, .forget, .cover, .uncover: break
      case .append, .sendRetained, .replay, .held, .changed:
        Issue.record("\(action) without a message")
      }
    }
  }

  private mutating func settle(_ id: StreamID, _ opening: StreamOpening) {
    guard let request = viewers[id]?.request else { return }
    #expect(opening.filters.map(\.filter) == request.filters.map(\.text))
    for (filter, answer) in zip(request.filters, opening.filters) {
      if answer.reasonCode.isFailure {
        viewers[id]?.hasRefusal = true
      } else {
        viewers[id]?.granted.append(filter)
      }
    }
  }
}

extension StreamHub {
  /// A message that arrives and is routed at once.
  mutating func received(_ publish: Publish, _ actions: inout [Action]) {
    if let arrival = arrival(of: publish) { route(publish, arrival, &actions) }
  }
}
