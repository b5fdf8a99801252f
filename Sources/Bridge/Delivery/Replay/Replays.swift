import EventLoop
import HTTPFront
import MQTTClient
import Store

/// The streams that read the event log instead of taking what is live.
///
/// Called on every http thread, the mqtt thread and the thread `store-read`; the table is under a
/// lock that is never held while anything else is called. A stream has one read or one page under way
/// at a time, so that a slow one takes no memory.
final class Replays: Sendable {
  private struct State {
    var replays: [StreamID: Replay] = [:]
    var resting: Set<StreamID> = []
    var waiting: Set<StreamID> = []

    /// Takes over what a stream follows now; true when it must read and does not.
    mutating func change(
      _ known: Replay, _ request: StreamRequest, _ rewinds: [Replay.Rewind]
    ) -> Bool {
      var replay = known
      var request = request
      if let old = replay.request { request.raiseFloors(old.floors) }
      replay.request = request
      replay.rewinds += rewinds
      if request.follows {
        replay.goal = .follow
      } else if replay.goal == .follow {
        replay.goal = .join
      }
      let mayRead = replay.phase == .waiting
      if mayRead {
        replay.phase = .reading
        waiting.remove(request.stream)
      }
      replays[request.stream] = replay
      return mayRead
    }
  }

  private let ports: ReplayPorts
  let resolver: ReplayResolver
  let position: LogPosition
  let named: NamedSubscriptions
  private let state = Locked(State())

  init(
    _ ports: ReplayPorts, _ resolver: ReplayResolver, _ position: LogPosition,
    _ named: NamedSubscriptions
  ) {
    self.ports = ports
    self.resolver = resolver
    self.position = position
    self.named = named
  }

  var count: Int { state.withLock { $0.replays.count } }

  /// A new stream begins with events of the log; on the mqtt thread.
  func begin(_ request: StreamRequest, _ opening: StreamOpening) {
    var opening = opening
    opening.form = request.representation.form
    var replay = Replay(request: request, opening: opening)
    replay.goal = request.follows ? .follow : .join
    replay.phase = .reading
    state.withLock { $0.replays[request.stream] = replay }
    read(request.stream)
  }

  /// A stream fell behind after this event and has left its group; on its http thread.
  func lagged(_ id: StreamID, after position: Int64) {
    state.withLock { state in
      if state.replays[id] != nil {
        // Pages up to the cursor are with the stream already, and nothing behind them was written.
        state.replays[id]?.hasLagged = true
        if state.replays[id]?.goal != .follow { state.replays[id]?.goal = .join }
      } else {
        var replay = Replay()
        replay.cursor = LoggedEvent(sequence: position, time: 0)
        state.replays[id] = replay
      }
    }
    ports.tell(.streamLagged(id))
  }

  /// The mqtt thread has taken the stream out of its group.
  func left(_ request: StreamRequest, _ rewinds: [Replay.Rewind] = []) {
    let id = request.stream
    let mayRead = state.withLock { state in
      guard let replay = state.replays[id], replay.request == nil || request.isSocket else {
        return false
      }
      return state.change(replay, request, rewinds)
    }
    if mayRead { read(id) }
  }

  /// A stream that reads the log has other filters now; on the mqtt thread.
  func changed(_ request: StreamRequest, _ rewinds: [Replay.Rewind]) {
    let mayRead = state.withLock { state in
      guard let replay = state.replays[request.stream], replay.request != nil else { return false }
      return state.change(replay, request, rewinds)
    }
    if mayRead { read(request.stream) }
  }

  func contains(_ id: StreamID) -> Bool { state.withLock { $0.replays[id] != nil } }

  /// Whether a stream that asked to go on live still wants to; on the mqtt thread.
  func mayJoin(_ id: StreamID) -> Bool {
    let reads = state.withLock { state in
      guard let replay = state.replays[id], replay.phase == .joining, !replay.rewinds.isEmpty
      else { return false }
      state.replays[id]?.phase = .reading
      return true
    }
    if reads { read(id) }
    return !reads
  }

  /// The stream's socket has taken all that its http thread has for it; on that thread.
  ///
  /// A page behind `position`, the last event that was written, is still on its way there.
  func drained(_ id: StreamID, written position: Int64) {
    let drained = state.withLock { state -> Replay? in
      guard var replay = state.replays[id], replay.phase == .draining,
        replay.hasTaken(written: position)
      else { return nil }
      if replay.request == nil {
        replay.phase = .waiting
      } else if replay.dueAt > MonotonicClock.now() {
        replay.phase = .resting(until: replay.dueAt)
        state.resting.insert(id)
      } else {
        replay.phase = .reading
      }
      state.replays[id] = replay
      return replay
    }
    guard let drained, let request = drained.request else { return }
    // A socket that has just begun to consume has written what it followed before.
    if let name = request.subscription, drained.rewinds.isEmpty,
      named.written(id, of: name, through: drained.cursor.sequence)
    {
      headMoved()
    }
    if drained.phase == .reading { read(id) } else { ports.tell(.wake) }
  }

  /// The stream is in its group, which has got everything up to `through`; on the mqtt thread, once
  /// the http thread knows.
  func joined(_ id: StreamID, through: Int64) {
    let mayRead = state.withLock { state in
      guard var replay = state.replays[id], replay.phase == .joining else { return false }
      guard replay.hasLagged || through > replay.cursor.sequence else {
        state.replays[id] = nil
        return false
      }
      replay.goal = replay.hasLagged ? .join : .meet(through)
      replay.hasLagged = false
      replay.phase = .reading
      state.replays[id] = replay
      return true
    }
    if mayRead { read(id) }
  }

  func closed(_ id: StreamID) {
    let closed = state.withLock { state in
      state.resting.remove(id)
      state.waiting.remove(id)
      return state.replays.removeValue(forKey: id)
    }
    if let name = closed?.request?.subscription, named.detach(id, from: name) { headMoved() }
  }

  /// There are new events; on the mqtt thread.
  func headMoved() {
    let ids = state.withLock { state in
      let ids = exchange(&state.waiting, with: [])
      for id in ids { state.replays[id]?.phase = .reading }
      return ids
    }
    for id in ids { read(id) }
  }

  /// When `timerFired` has something to do; on the mqtt thread.
  var nextDeadline: Duration? {
    state.withLock { state in
      state.resting.compactMap { id in
        if case .resting(let until)? = state.replays[id]?.phase { until } else { nil }
      }.min()
    }
  }

  func timerFired(at now: Duration) {
    let due = state.withLock { state in
      let due = state.resting.filter { id in
        if case .resting(let until)? = state.replays[id]?.phase { until <= now } else { true }
      }
      state.resting.subtract(due)
      for id in due { state.replays[id]?.phase = .reading }
      return due
    }
    for id in due { read(id) }
  }

  private func read(_ id: StreamID) {
    let isTaken = ports.read { [weak self] reader in self?.run(id, reader) }
    if !isTaken { rest(id, .milliseconds(100)) }
  }

  private func rest(_ id: StreamID, _ duration: Duration) {
    state.withLock { state in
      guard state.replays[id] != nil else { return }
      state.replays[id]?.phase = .resting(until: MonotonicClock.now() + duration)
      state.resting.insert(id)
    }
    ports.tell(.wake)
  }

  /// One page, on the reader thread.
  private func run(_ id: StreamID, _ reader: EventReader) {
    guard var replay = state.withLock({ $0.replays[id] }), let request = replay.request else {
      return
    }
    var commands: [StreamCommand] = []
    do throws(StoreError) {
      if let opening = replay.opening {
        let start = try resolver.resolve(request, reader)
        replay.cursor = start.cursor
        replay.opening = nil
        for gap in start.gaps { ports.countGap(gap) }
        let frame = StreamFrames.open(id, opening, start, epoch: resolver.epoch)
        commands = [.start(id, frame)]
      }
      for rewind in replay.rewinds { commands += try apply(rewind, to: &replay, reader) }
      let request = replay.request ?? request
      // The http thread, which tells of a lag, does not know the time of its position.
      if replay.cursor.time == 0, let time = try reader.time(of: replay.cursor.sequence) {
        replay.cursor = LoggedEvent(sequence: replay.cursor.sequence, time: time)
      }
      if let name = request.subscription,
        let work = named.work(for: id, of: name, atMost: replay.eventsMax)
      {
        return try share(work, replay, request, reader, commands)
      }
      let through = if case .meet(let end) = replay.goal { end } else { position.last.sequence }
      var page = ReplayPage(
        after: replay.cursor, request, epoch: resolver.epoch,
        bytesMax: min(pageBytes, replay.pageBytes))
      if request.policy == .conflate {
        try page.readNewest(reader, through: through, eventsMax: replay.eventsMax)
      } else {
        try page.read(reader, through: through, eventsMax: replay.eventsMax)
      }
      if !page.frames.isEmpty { commands.append(.replay(id, page.frames)) }
      finish(id, replay, page, through: through, commands)
    } catch {
      // The store thread reports what is wrong with the disk; the stream goes on when it is well.
      rest(id, .seconds(1))
    }
  }

  /// Goes back to where new filters begin; up to where it was, the others bring nothing.
  private func apply(
    _ rewind: Replay.Rewind, to replay: inout Replay, _ reader: EventReader
  ) throws(StoreError) -> [StreamCommand] {
    guard var request = replay.request else { return [] }
    var start = ReplayStart(cursor: LoggedEvent(sequence: 0, time: 0))
    switch rewind.begin {
    case .at(let event): start.cursor = event
    case .start(let begin):
      var asked = request
      asked.start = begin
      asked.filters = rewind.filters
      start = try resolver.resolve(asked, reader)
    }
    let reached = replay.cursor.sequence
    // What a named subscription brings is said by its cursor and by what others left.
    for filter in request.filters where request.subscription == nil {
      let isNew = rewind.filters.contains(filter)
      request.raiseFloors([filter: isNew ? start.cursor.sequence : reached])
    }
    if start.cursor.sequence < reached || request.filters.allSatisfy(rewind.filters.contains) {
      replay.cursor = start.cursor
    }
    replay.request = request
    guard let opening = rewind.opening else { return [] }
    for gap in start.gaps { ports.countGap(gap) }
    let id = request.stream
    return [.start(id, StreamFrames.open(id, opening, start, epoch: resolver.epoch))]
  }

  /// Says what is next, before the http thread can answer to what it is sent.
  func finish(
    _ id: StreamID, _ read: Replay, _ page: ReplayPage, through: Int64, _ commands: [StreamCommand]
  ) {
    var commands = commands
    var next = Next.nothing
    state.withLock { state in
      guard var replay = state.replays[id] else { return }
      replay.cursor = page.cursor
      replay.request?.raiseFloors(read.request?.floors ?? [:])
      replay.rewinds.removeFirst(min(read.rewinds.count, replay.rewinds.count))
      replay.pageBytes = min(replay.pageBytes * 8, Self.pageBytesMax)
      replay.sent = page.frames.last?.position ?? replay.sent
      replay.opening = read.opening
      let isAtEnd =
        page.cursor.sequence >= through && !replay.hasLagged && replay.rewinds.isEmpty
      replay.hasLagged = false
      next = Self.advance(&replay, isAtEnd: isAtEnd, hasFrames: !page.frames.isEmpty)
      if next == .release { commands.append(.release(id)) }
      state.replays[id] = next == .release ? nil : replay
      if next == .rest { state.resting.insert(id) }
      if next == .wait { state.waiting.insert(id) }
    }
    if !commands.isEmpty { ports.deliver(commands, id.shard) }
    switch next {
    case .nothing, .release: break
    case .read: self.read(id)
    case .join: ports.tell(.joinLive(id, after: page.cursor.sequence))
    case .rest: ports.tell(.wake)
    case .wait: if position.last.sequence > page.cursor.sequence { headMoved() }
    }
  }

  private static let pageBytesMax = 256 << 10

  /// Pages that wait for their sockets take 64 MiB together, or a little more when streams are many.
  var pageBytes: Int { min(Self.pageBytesMax, max(8 << 10, (64 << 20) / max(1, count))) }

  private enum Next {
    case nothing, read, join, release, rest, wait
  }

  private static func advance(_ replay: inout Replay, isAtEnd: Bool, hasFrames: Bool) -> Next {
    switch replay.goal {
    case .follow where replay.interval > .zero:
      replay.dueAt = MonotonicClock.now() + replay.interval
      guard !hasFrames else { break }
      replay.phase = .resting(until: replay.dueAt)
      return .rest
    case .follow where isAtEnd && !hasFrames:
      replay.phase = .waiting
      return .wait
    case .join where isAtEnd:
      replay.phase = .joining
      return .join
    // Only when all is written may it flow, or a lag could not tell what it still has before it.
    case .meet where isAtEnd && !hasFrames: return .release
    case .follow, .join, .meet: break
    }
    replay.phase = hasFrames ? .draining : .reading
    return hasFrames ? .nothing : .read
  }
}
