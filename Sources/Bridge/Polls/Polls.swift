import EventLoop
import HTTPFront
import MQTTClient
import Store

/// The polls: requests that are answered from the event log, at once or when there is something.
///
/// Between two polls of a client nothing of it is left here. Its place is the id that it was told, and
/// its filters stay subscribed for a while, as those of any stream that has ended. Called on every
/// http thread, the mqtt thread and the thread `store-read`; the table is under a lock that is never
/// held while anything else is called. Bounded by the connections that there may be.
final class Polls: Sendable {
  private struct State {
    var polls: [StreamID: Poll] = [:]
    /// Those that wait, by their filters.
    var waiting = FilterIndex<StreamID>()
    /// Answers that are on their way, and what has been acknowledged once they have been sent.
    var leaving: [StreamID: Leaving] = [:]
  }

  private struct Leaving {
    let subscription: String
    let through: Int64
  }

  /// How long a poll that would not wait lets the broker grant its filters.
  static let grantLimit = Duration.seconds(1)

  let ports: PollPorts
  private let resolver: ReplayResolver
  private let state = Locked(State())

  init(_ ports: PollPorts, _ resolver: ReplayResolver) {
    self.ports = ports
    self.resolver = resolver
  }

  var count: Int { state.withLock { $0.polls.count } }
  /// Whether polls that are gone have left nothing behind.
  var isEmpty: Bool {
    state.withLock { $0.polls.isEmpty && $0.waiting.isEmpty && $0.leaving.isEmpty }
  }

  /// Takes a poll and parks its request; on its http thread.
  func begin(
    _ request: StreamRequest, _ terms: PollTerms, _ head: RequestHead
  ) throws(Problem) -> Answer {
    let id = request.stream
    insert(Poll(request: request, terms: terms, head: head))
    guard ports.open(request) else {
      _ = remove(id)
      throw Problem(
        .storeBusy, detail: "too much is waiting for the broker connection",
        headers: ["Retry-After": "1"])
    }
    return .park(deadline: max(terms.wait, Self.grantLimit))
  }

  /// The filters are granted, and the log shows it up to its place `cursor`; on the mqtt thread.
  func opened(_ request: StreamRequest, _ opening: StreamOpening, at cursor: LoggedEvent?) {
    let id = request.stream
    let mayRead = state.withLock { state in
      guard var poll = state.polls[id] else { return false }
      poll.request = request
      poll.opening = opening
      poll.openedAt = cursor
      let mayRead = poll.phase == .opening
      poll.phase = .reading
      if poll.terms.wait == .zero { poll.isDue = true }
      state.polls[id] = poll
      return mayRead
    }
    if mayRead { read(id) }
  }

  /// The broker refuses every filter; false when this is no poll.
  func refused(_ id: StreamID, _ opening: StreamOpening) -> Bool {
    guard let poll = state.withLock({ $0.polls[id] }) else { return false }
    let problem = opening.filters.first.map {
      StreamFrames.refusal(filter: $0.filter, $0.reasonCode)
    }
    finish(id, (problem ?? Problem(.brokerRejected)).response(to: poll.head))
    return true
  }

  /// The poll has waited as long as it wanted; nil while its answer is on its way.
  func deadlineReached(_ request: RequestID) -> Response? {
    let id = request.stream
    let (answered, mayRead) = state.withLock { state -> (Poll?, Bool) in
      guard var poll = state.polls[id] else { return (nil, false) }
      poll.isDue = true
      let mayRead = poll.phase == .opening
      if mayRead { poll.phase = .reading }
      state.polls[id] = poll
      return (poll.phase == .waiting ? poll : nil, mayRead)
    }
    if mayRead { read(id) }
    guard let answered, remove(id) != nil, var response = answered.response() else { return nil }
    letGo(answered, &response)
    return response
  }

  /// The caller's credential has ended: what the poll has by now is its answer.
  func expired(_ id: StreamID) {
    let request = RequestID(shard: id.shard, serial: id.serial)
    if let response = deadlineReached(request) { ports.answer(request, response) }
  }

  func clientLeft(_ request: RequestID) {
    answerEnded(request, wasSent: false)
    if let poll = remove(request.stream) { letGo(poll) }
  }

  /// There are new events, of these topics, or some that concern everybody; on the mqtt thread.
  func headMoved(_ topics: [String], concernsAll: Bool) {
    let ids = state.withLock { state in
      var ids: Set<StreamID> = []
      if concernsAll {
        for (id, poll) in state.polls where poll.phase == .waiting { ids.insert(id) }
      } else {
        for topic in topics { state.waiting.forEachMatch(topic) { ids.insert($0) } }
      }
      for id in ids {
        Self.unwait(id, &state)
        state.polls[id]?.phase = .reading
      }
      return ids
    }
    for id in ids { read(id) }
  }

  func read(_ id: StreamID) {
    let isTaken = ports.read { [weak self] reader in self?.run(id, reader) }
    guard !isTaken, let poll = state.withLock({ $0.polls[id] }) else { return }
    finish(id, poll.response() ?? Self.busy.response(to: poll.head))
  }

  private static var busy: Problem {
    Problem(.storeBusy, detail: "the log cannot be read now", headers: ["Retry-After": "1"])
  }

  /// One read, on the reader thread.
  private func run(_ id: StreamID, _ reader: EventReader) {
    guard var poll = state.withLock({ $0.polls[id] }) else { return }
    do throws(StoreError) {
      var page = if let known = poll.page { known } else { try begin(&poll, reader) }
      let through = ports.head().sequence
      try page.read(reader, through: through)
      poll.page = page
      ended(id, poll, isAtEnd: page.cursor.sequence >= through)
    } catch {
      finish(id, poll.response() ?? Self.busy.response(to: poll.head))
    }
  }

  private func begin(_ poll: inout Poll, _ reader: EventReader) throws(StoreError) -> PollPage {
    var start: ReplayStart
    if poll.request.start == .live {
      start = ReplayStart(cursor: poll.openedAt ?? ports.head())
    } else {
      if let name = poll.request.subscription, let cursor = ports.cursor(name) {
        poll.request.start = .cursor(cursor)
      }
      start = try resolver.resolve(poll.request, reader)
    }
    for gap in start.gaps { ports.countGap(gap) }
    poll.isApproximate = start.resumed == .approximately
    return PollPage(
      poll.request, from: start, epoch: resolver.epoch, limit: poll.terms.limit)
  }

  /// Says what is next after a read.
  private func ended(_ id: StreamID, _ read: Poll, isAtEnd: Bool) {
    enum Next { case nothing, answer, read }
    let next = state.withLock { state -> Next in
      guard var poll = state.polls[id] else { return .nothing }
      poll.page = read.page
      poll.isApproximate = read.isApproximate
      let isOver = read.page?.hasNews == true || poll.isDue
      if !isOver, isAtEnd {
        poll.phase = .waiting
        for filter in poll.request.filters { state.waiting.insert(id, for: filter) }
      }
      state.polls[id] = poll
      return isOver ? .answer : isAtEnd ? .nothing : .read
    }
    switch next {
    case .answer: finish(id, read.response() ?? Self.busy.response(to: read.head))
    case .read: self.read(id)
    case .nothing: readIfBehind(id)
    }
  }

  /// What came between the read and the waiting has told nobody.
  private func readIfBehind(_ id: StreamID) {
    let head = ports.head().sequence
    let mayRead = state.withLock { state in
      guard let poll = state.polls[id], poll.phase == .waiting,
        let cursor = poll.page?.cursor.sequence, cursor < head
      else { return false }
      Self.unwait(id, &state)
      state.polls[id]?.phase = .reading
      return true
    }
    if mayRead { read(id) }
  }

  private static func unwait(_ id: StreamID, _ state: inout State) {
    guard let poll = state.polls[id], poll.phase == .waiting else { return }
    for filter in poll.request.filters { state.waiting.remove(id, for: filter) }
  }

  func insert(_ poll: Poll) { state.withLock { $0.polls[poll.request.stream] = poll } }

  func poll(_ id: StreamID) -> Poll? { state.withLock { $0.polls[id] } }

  func setLeaving(_ id: StreamID, _ subscription: String, through: Int64) {
    state.withLock { $0.leaving[id] = Leaving(subscription: subscription, through: through) }
  }

  func takeLeaving(_ id: StreamID) -> (subscription: String, through: Int64)? {
    state.withLock { $0.leaving.removeValue(forKey: id).map { ($0.subscription, $0.through) } }
  }

  private func remove(_ id: StreamID) -> Poll? {
    state.withLock { state in
      Self.unwait(id, &state)
      return state.polls.removeValue(forKey: id)
    }
  }

  func finish(_ id: StreamID, _ response: Response) {
    guard let poll = remove(id) else { return }
    var response = response
    letGo(poll, &response)
    ports.answer(RequestID(shard: id.shard, serial: id.serial), response)
  }
}
