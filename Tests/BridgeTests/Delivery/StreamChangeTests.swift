import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

/// Sockets whose filters change.
@Suite struct StreamChangeTests: ~Copyable {
  private var hub = StreamHub(linger: .seconds(30))
  private var actions: [StreamHub.Action] = []
  private let id = StreamID(shard: 0, serial: 1)

  private mutating func take() -> [StreamHub.Action] { exchange(&actions, with: []) }

  private mutating func open() {
    var request = StreamRequest(
      stream: id, filters: [], maximumQoS: .exactlyOnce, wantsRetained: false,
      representation: Representation(form: .socket))
    request.isSocket = true
    hub.opened(request, &actions)
  }

  private mutating func change(
    add: [String] = [], remove: [String] = [], ref: Int? = nil, start: StreamStart = .live
  ) {
    let added = add.compactMap { try? TopicFilter($0) }
    var change = StreamChange(
      stream: id, added: added, removed: remove.compactMap { try? TopicFilter($0) },
      start: start, representation: Representation(form: .socket), policy: .catchup)
    change.qosOfFilter = Dictionary(uniqueKeysWithValues: added.map { ($0, QoS.atLeastOnce) })
    change.reply = ref.map { SocketReply(ref: .integer($0)) }
    hub.change(change, at: .zero, &actions)
  }

  private mutating func answer(_ slot: Int, _ code: ReasonCode = .grantedQoS1) {
    hub.subscribed(SubscriptionIdentifier(slot: slot, generation: 0), code, &actions)
  }

  private mutating func changes() -> [StreamChanged] {
    take().compactMap { if case .changed(let changed) = $0 { changed } else { nil } }
  }

  /// How many groups get a message of the topic.
  private mutating func groupCount(_ topic: String) -> Int {
    var publish = Publish(topic: topic, payload: [])
    publish.properties.subscriptionIdentifiers = (1...9).map {
      SubscriptionIdentifier(slot: $0, generation: 0).wire
    }
    hub.received(publish, &actions)
    return take().reduce(0) { count, action in
      if case .append(let target) = action { count + target.groups.count } else { count }
    }
  }

  @Test mutating func `a socket opens without a filter and takes no message`() {
    open()
    #expect(take().contains { if case .open(id, _, _) = $0 { true } else { false } })
    #expect(groupCount("a") == 0)
    hub.closed(id, at: .zero, &actions)
    _ = take()
    let isEmpty = hub.isEmpty
    #expect(isEmpty)
  }

  @Test mutating func `new filters count when all that were asked for together are answered`() {
    open()
    change(add: ["a", "b"], ref: 1)
    answer(1)
    #expect(changes().isEmpty)
    #expect(groupCount("a") == 0)
    answer(2, .notAuthorized)
    let done = changes()
    #expect(done.map { $0.added.map(\.text) } == [["a"]])
    #expect(done.map { $0.refused.map(\.text) } == [["b"]])
    #expect(done.first?.opening.reply?.ref == .integer(1))
    #expect(done.first?.group != nil)
    #expect(groupCount("a") == 1)
    #expect(groupCount("b") == 0)
  }

  @Test mutating func `a message that several filters match goes to one group once`() {
    open()
    change(add: ["a/+"])
    answer(1)
    change(add: ["a/#"])
    answer(2)
    #expect(changes().count == 2)
    #expect(groupCount("a/b") == 1)
    change(remove: ["a/+"])
    #expect(changes().count == 1)
    #expect(groupCount("a/b") == 1)
  }

  @Test mutating func `a filter that is given up before its answer is forgotten`() {
    open()
    change(add: ["a", "b"], ref: 1)
    change(remove: ["a"], ref: 2)
    #expect(changes().isEmpty)
    answer(2)
    #expect(changes().map { $0.added.map(\.text) } == [["b"], []])
    answer(1)
    #expect(groupCount("a") == 0)
    #expect(groupCount("b") == 1)
  }

  @Test mutating func `nothing is left of a socket that closes while it waits`() {
    open()
    change(add: ["a", "b"], ref: 1)
    answer(1)
    change(add: ["c"], ref: 2)
    hub.closed(id, at: .zero, &actions)
    answer(2)
    answer(3)
    hub.timerFired(at: .seconds(31), &actions)
    for slot in 1...3 { hub.unsubscribed(slot: slot, &actions) }
    let isEmpty = hub.isEmpty
    #expect(isEmpty)
  }

  @Test mutating func `a socket that fell behind leaves with the filters it has by then`() throws {
    open()
    change(add: ["a"])
    answer(1)
    let filter = try TopicFilter("a")
    hub.raiseFloors(of: id, [filter], to: 7)
    _ = take()
    change(add: ["b"])
    answer(2)
    let left = hub.leaveLive(id)
    let request = try #require(left)
    #expect(request.filters.map(\.text) == ["a", "b"])
    #expect(request.filters(at: 7).map(\.text) == ["b"])
    #expect(request.filters(at: 8).map(\.text) == ["a", "b"])
    change(remove: ["a"])
    #expect(changes().last?.group == nil)
    let group = hub.joinLive(id)
    #expect(group != nil)
    #expect(groupCount("a") == 0)
    #expect(groupCount("b") == 1)
  }
}
