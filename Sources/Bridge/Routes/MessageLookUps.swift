import EventLoop
import HTTPFront
import Store

/// `GET /messages/{id}`: asks the store, and answers when it has answered, or when the message has
/// ended if the request wants to wait for that.
///
/// The look-up and the end come from the store thread, in their order, so that none is missed.
final class MessageLookUps: Sendable {
  private struct Waiting {
    let request: RequestID
    let id: MessageID
    let head: RequestHead
    let preferenceApplied: String?
    /// The request is to be answered with what is known.
    var isOverdue: Bool
    /// What the store has said, while the request waits for the end of the message.
    var item: ItemState?
  }

  private struct State {
    var lastToken: UInt64 = 0
    var waiting: [UInt64: Waiting] = [:]
    var tokens: [RequestID: UInt64] = [:]
    var followers: [MessageID: Set<UInt64>] = [:]
    var isDraining = false

    mutating func take(_ token: UInt64) -> Waiting? {
      guard let waiting = waiting.removeValue(forKey: token) else { return nil }
      tokens[waiting.request] = nil
      followers[waiting.id]?.remove(token)
      if followers[waiting.id]?.isEmpty == true { followers[waiting.id] = nil }
      return waiting
    }
  }

  private let wiring: Wiring
  private let publisher: Publisher
  private let state = Locked(State())

  init(_ wiring: Wiring, _ publisher: Publisher) {
    self.wiring = wiring
    self.publisher = publisher
  }

  /// The messages of others are as unknown as those that never were.
  func lookUp(_ text: String, _ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    let wish = try WaitWish(request.head)
    guard let id = MessageID(text), pass.isAdmin || id.isMarked(for: pass.account) else {
      throw Self.unknown(text)
    }
    let token = state.withLock { state in
      state.lastToken += 1
      state.waiting[state.lastToken] = Waiting(
        request: request.id, id: id, head: request.head,
        preferenceApplied: wish.preferenceApplied, isOverdue: wish.wait == nil)
      state.tokens[request.id] = state.lastToken
      return state.lastToken
    }
    guard wiring.store?.lookUp(id.item, token: token) == true else {
      clientLeft(request.id)
      throw Problem(.storeBusy, headers: ["Retry-After": "1"])
    }
    return .park(deadline: wish.wait)
  }

  /// The store knows this of the message; on the store thread.
  func found(_ token: UInt64, _ item: ItemState?) {
    let waiting = state.withLock { state -> Waiting? in
      if case .pending = item, let waiting = state.waiting[token], !waiting.isOverdue,
        !state.isDraining
      {
        state.waiting[token]?.item = item
        state.followers[waiting.id, default: []].insert(token)
        return nil
      }
      return state.take(token)
    }
    if let waiting { answer(waiting, with: response(waiting, item)) }
  }

  /// The store could not look; on the store thread.
  func failed(_ token: UInt64) {
    guard let waiting = state.withLock({ $0.take(token) }) else { return }
    answer(waiting, with: Problem(.storeBusy).response(to: waiting.head))
  }

  /// These messages have ended; on the store thread.
  func ended(_ items: [EndedItem]) {
    for item in items {
      let finished = ItemState.finished(
        item.outcome, storedAt: item.storedAt, finishedAt: item.finishedAt)
      let followers = state.withLock { state in
        (state.followers[MessageID(item.id)] ?? []).compactMap { state.take($0) }
      }
      for waiting in followers { answer(waiting, with: response(waiting, finished)) }
    }
  }

  /// The request has waited as long as it wanted; nil until the store has answered.
  func deadlineReached(_ request: RequestID) -> Response? {
    let waiting = state.withLock { state -> Waiting? in
      guard let token = state.tokens[request] else { return nil }
      state.waiting[token]?.isOverdue = true
      return state.waiting[token]?.item == nil ? nil : state.take(token)
    }
    return waiting.map { response($0, $0.item) }
  }

  /// The bridge is stopping: nobody waits for the end of a message any more.
  func drain() {
    let followers = state.withLock { state in
      state.isDraining = true
      return state.followers.values.joined().compactMap { state.take($0) }
    }
    for waiting in followers { answer(waiting, with: response(waiting, waiting.item)) }
  }

  func clientLeft(_ request: RequestID) {
    state.withLock { state in
      if let token = state.tokens[request] { _ = state.take(token) }
    }
  }

  private func answer(_ waiting: Waiting, with response: Response) {
    wiring.server?.answer(waiting.request, with: response)
  }

  private func response(_ waiting: Waiting, _ item: ItemState?) -> Response {
    guard let item else { return Self.unknown(waiting.id.description).response(to: waiting.head) }
    var headers: HeaderFields = ["Cache-Control": "no-store"]
    if let applied = waiting.preferenceApplied { headers.append("Preference-Applied", applied) }
    return .json(.object(members(waiting.id, item)), headers: headers)
  }

  private func members(_ id: MessageID, _ item: ItemState) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = [.init("id", .string(id.description))]
    func time(_ name: String, _ milliseconds: Int64) -> JSONValue.Member {
      .init(name, .string(Timestamp(milliseconds: milliseconds).description))
    }
    switch item {
    case .pending(_, let phase, let storedAt, let expiresAt):
      let isReceived = phase == OutboxConsumer.Phase.received.rawValue
      let state = isReceived ? .received : publisher.progress(of: id)
      members.append(.init("state", .string(state.rawValue)))
      members.append(time("stored_at", storedAt))
      if let expiresAt { members.append(time("expires_at", expiresAt)) }
    case .finished(let stored, let storedAt, let finishedAt):
      let outcome = MessageOutcome(read: stored)
      members.append(.init("state", .string(outcome.state.rawValue)))
      members += PublishResponse.acknowledgement(outcome)
      members.append(time("stored_at", storedAt))
      members.append(time(outcome.state == .acked ? "acked_at" : "finished_at", finishedAt))
      members.append(.init("delivery", .string(outcome.isUncertain ? "uncertain" : "exact")))
    }
    return members
  }

  private static func unknown(_ id: String) -> Problem {
    Problem(
      .messageUnknown, detail: "no message '\(id)' is known",
      hint: "outcomes are remembered for 24 hours, and QoS 0 messages not at all")
  }
}

/// How long a look-up waits for the end of its message: `?wait=N`, or `Prefer: wait=N`.
struct WaitWish: Equatable {
  private(set) var wait: Duration?
  private(set) var preferenceApplied: String?

  init(_ head: RequestHead) throws(Problem) {
    for parameter in head.query.parameters {
      let name = (try? parameter.name) ?? "?"
      guard name == "wait", wait == nil else {
        let isTwice = name == "wait"
        throw Problem(
          isTwice ? .badParameter : .unknownParameter,
          detail: isTwice ? "'wait' is given twice" : "there is no parameter '\(name)' here")
      }
      let seconds = try FieldText.number("wait", (try? parameter.value()) ?? "", 0...3600)
      wait = .seconds(seconds)
    }
    if wait == nil, let preferred = Preferences(head.headers).wait {
      wait = preferred
      preferenceApplied = "wait=\(preferred.components.seconds)"
    }
    if wait == .zero { wait = nil }
  }
}
