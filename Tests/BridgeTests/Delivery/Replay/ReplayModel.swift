import EventLoop
import MQTTClient
import Store
import TestSupport
import Testing

@testable import Bridge
@testable import HTTPFront

/// Streams that read a real log while it grows, between a simulated mqtt thread and http thread.
///
/// Each step is one thing that one thread does, drawn at random, so that the three threads meet in
/// every order that is possible.
final class ReplayModel {
  private enum Turn: CaseIterable {
    case log, give, hear, read, take, write, lag, open, close
  }

  private static let filters = ["a/#", "a/b", "#", "x"]
  private static let topics = ["a/b", "a/c", "x", "y"]

  private var generator: SeededGenerator
  private let log: TestLog
  private let replays: Replays
  private let position: LogPosition
  private let asked: Asked
  /// Everything that was logged, by sequence - 1.
  private var items: [EventItem] = []
  private var events: [LoggedEvent] = []
  /// How many events the mqtt thread has given to the groups.
  private var given = 0
  /// What the http thread is sent, in order.
  private var commands: [StreamCommand] = []
  private var viewers: [StreamID: ModelViewer] = [:]
  private var lastSerial: UInt64 = 0
  private(set) var delivered = 0
  private(set) var lags = 0

  /// What the replays asked of other threads and nobody has done yet.
  private final class Asked: Sendable {
    let reads = Locked<[@Sendable (EventReader) -> Void]>([])
    let commands = Locked<[StreamCommand]>([])
    let messages = Locked<[BrokerMessage]>([])
  }

  init(_ generator: SeededGenerator) throws {
    self.generator = generator
    let asked = Asked()
    self.asked = asked
    log = try TestLog()
    position = LogPosition(LoggedEvent(sequence: 0, time: 0))
    let wiring = Wiring()
    let resolver = ReplayResolver(
      epoch: TestLog.epoch, coverage: CoverageTable(),
      history: HistoryFilter(kept: .all, except: .none))
    let ports = ReplayPorts(
      read: { body in
        asked.reads.withLock { $0.append(body) }
        return true
      }, deliver: { commands, _ in asked.commands.withLock { $0 += commands } },
      tell: { message in asked.messages.withLock { $0.append(message) } })
    let named = NamedSubscriptions(wiring, epoch: TestLog.epoch, position: position)
    replays = Replays(ports, resolver, position, named)
  }

  func step() throws {
    switch Turn.allCases.randomElement(using: &generator) ?? .log {
    case .log: try append(Int.random(in: 1...4, using: &generator))
    case .give: give(Int.random(in: 0...3, using: &generator))
    case .hear: hear()
    case .read: try read()
    case .take: take()
    case .write: write()
    case .lag: lag()
    case .open: if viewers.count < 6 { open() }
    case .close: if generator.chance(0.2) { close() }
    }
  }

  /// Everything that is under way comes to its end; then every stream has had what it should.
  func settle() throws {
    give(.max)
    var isIdle = false
    while !isIdle {
      let before = progress
      hear()
      try read()
      take(atLeast: .max)
      for id in viewers.keys.sorted(by: { $0.serial < $1.serial }) { while write(id) {} }
      isIdle = before == progress
    }
    for viewer in viewers.values { check(viewer) }
  }

  private var progress: [Int] {
    [
      asked.reads.withLock { $0.count }, asked.messages.withLock { $0.count },
      asked.commands.withLock { $0.count }, commands.count, delivered, replays.count,
      viewers.values.reduce(0) { $0 + $1.pending },
    ]
  }

  private func append(_ count: Int) throws {
    let new = try (0..<count).map { _ -> EventItem in
      if generator.chance(0.1) { return .mark("m") }
      let topic = Self.topics.randomElement(using: &generator) ?? "y"
      guard topic == "a/b" else { return try .message(topic) }
      // One of the two copies that overlapping filters bring.
      let through = generator.chance(0.5) ? "a/b" : "a/#"
      return try .message(topic, through: [through], served: ["a/#", "a/b"])
    }
    events += try log.log(new)
    items += new
  }

  /// One turn of the mqtt thread that gives out so many events.
  private func give(_ count: Int) {
    let end = count > events.count - given ? events.count : given + count
    while given < end {
      let event = events[given]
      let frame = Frame("id: \(id(event))\n\n", position: event.sequence)
      let groups = viewers.values.filter { $0.isLive && $0.wants(items[given]) }
        .map(\.request.stream.serial)
      if !groups.isEmpty { commands.append(.append(frame, groups: groups)) }
      given += 1
    }
    let last = given == 0 ? LoggedEvent(sequence: 0, time: 0) : events[given - 1]
    guard position.last != last else { return }
    position.advance(to: last)
    replays.headMoved()
  }

  /// What the other threads told the mqtt thread.
  private func hear() {
    for message in asked.messages.withLock({ exchange(&$0, with: []) }) {
      switch message {
      case .streamLagged(let id):
        viewers[id]?.isLive = false
        if let viewer = viewers[id] { replays.left(viewer.request) }
      case .joinLive(let id, let cursor):
        guard viewers[id] != nil else { continue }
        viewers[id]?.isLive = true
        let isHeld = cursor < Int64(given)
        commands.append(.join(id, id.serial, isHeld: isHeld))
        replays.joined(id, through: Int64(given))
      case .wake: break
      default: Issue.record("\(message) to the mqtt thread")
      }
    }
  }

  private func read() throws {
    let bodies = asked.reads.withLock { exchange(&$0, with: []) }
    guard !bodies.isEmpty else { return }
    try log.read { reader in for body in bodies { body(reader) } }
    commands += asked.commands.withLock { exchange(&$0, with: []) }
  }

  /// Takes some of the commands.
  private func take(atLeast least: Int = 0) {
    commands += asked.commands.withLock { exchange(&$0, with: []) }
    let count = Int.random(in: min(least, commands.count)...commands.count, using: &generator)
    for command in commands.prefix(count) {
      switch command {
      case .append(let frame, let groups):
        for id in viewers.keys where groups.contains(id.serial) { viewers[id]?.append(frame) }
      case .start(let id, let frame): viewers[id]?.start(frame)
      case .join(let id, _, let isHeld, _): viewers[id]?.join(isHeld: isHeld)
      case .release(let id): viewers[id]?.isHeld = false
      case .replay(let id, let frames): viewers[id]?.replay(frames)
      default: Issue.record("\(command) to a stream")
      }
    }
    commands.removeFirst(count)
  }

  private func write() {
    guard let id = viewer() else { return }
    for _ in 0..<Int.random(in: 1...4, using: &generator) { _ = write(id) }
  }

  /// Writes one frame of a stream; false when it has none.
  private func write(_ id: StreamID) -> Bool {
    guard var viewer = viewers[id] else { return false }
    let written = viewer.write()
    delivered += written?.sequences.count ?? 0
    let isDrained = viewer.takeDrained()
    viewers[id] = viewer
    if isDrained { replays.drained(id, written: viewer.lastPosition) }
    return written != nil || isDrained
  }

  private func lag() {
    guard let id = viewer(), let after = viewers[id]?.lag() else { return }
    lags += 1
    replays.lagged(id, after: after)
  }

  private func viewer() -> StreamID? {
    viewers.keys.sorted { $0.serial < $1.serial }.randomElement(using: &generator)
  }

  private func open() {
    lastSerial += 1
    let stream = StreamID(shard: 0, serial: lastSerial)
    let texts = Self.filters.shuffled(using: &generator)
      .prefix(Int.random(in: 1...2, using: &generator))
    let after = given == 0 ? nil : events[..<given].randomElement(using: &generator)
    let start = after.map { StreamStart.after(id($0)) } ?? .earliest
    let isWhole = after == nil || generator.chance(0.3)
    var request = StreamRequest(
      stream: stream, filters: texts.compactMap { try? TopicFilter($0) }, maximumQoS: .atLeastOnce,
      wantsRetained: false, representation: Representation(), start: isWhole ? .earliest : start)
    if generator.chance(0.3) { request.policy = .conflate }
    let opening = StreamOpening(
      filters: texts.map { StreamOpening.Filter(filter: $0, reasonCode: .success) })
    viewers[stream] = ModelViewer(request, after: isWhole ? 0 : after?.sequence ?? 0)
    replays.begin(request, opening)
  }

  private func close() {
    guard let id = viewer() else { return }
    viewers[id] = nil
    replays.closed(id)
  }

  private func id(_ event: LoggedEvent) -> EventID {
    EventID(epoch: TestLog.epoch, sequence: event.sequence, time: event.time)
  }

  /// The stream has had what it should.
  private func check(_ viewer: ModelViewer) {
    let wanted = zip(items, events).filter { viewer.wants($0.0) && $0.1.sequence > viewer.after }
    let expected = wanted.map(\.1.sequence)
    let written = viewer.written
    guard viewer.request.policy == .conflate else {
      #expect(written == expected, "\(viewer.request.stream)")
      return
    }
    #expect(written == Array(Set(written)).sorted() && Set(written).isSubset(of: expected))
    var newest: [String: Int64] = [:]
    for (item, event) in wanted { newest[item.topic] = event.sequence }
    #expect(newest.values.allSatisfy(written.contains), "\(written) without \(newest)")
  }
}
