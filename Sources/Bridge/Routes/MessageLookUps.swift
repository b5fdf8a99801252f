import EventLoop
import HTTPFront
import Store

/// `GET /messages/{id}`: asks the store, and answers when it has answered.
final class MessageLookUps: Sendable {
  private struct State {
    var lastToken: UInt64 = 0
    var waiting: [UInt64: (request: RequestID, id: MessageID, head: RequestHead)] = [:]
    var tokens: [RequestID: UInt64] = [:]
  }

  private let wiring: Wiring
  private let publisher: Publisher
  private let state = Locked(State())

  init(_ wiring: Wiring, _ publisher: Publisher) {
    self.wiring = wiring
    self.publisher = publisher
  }

  func lookUp(_ text: String, _ request: Request) throws(Problem) -> Answer {
    if let parameter = request.head.query.parameters.first {
      let name = (try? parameter.name) ?? "?"
      throw Problem(.unknownParameter, detail: "there is no parameter '\(name)' here")
    }
    guard let id = MessageID(text) else { throw Self.unknown(text) }
    let token = state.withLock { state in
      state.lastToken += 1
      state.waiting[state.lastToken] = (request.id, id, request.head)
      state.tokens[request.id] = state.lastToken
      return state.lastToken
    }
    guard wiring.store?.lookUp(id.item, token: token) == true else {
      clientLeft(request.id)
      throw Problem(.storeBusy, headers: ["Retry-After": "1"])
    }
    return .park(deadline: nil)
  }

  /// The store knows this of the message; on the store thread.
  func found(_ token: UInt64, _ item: ItemState?) {
    finish(token) { id, head in
      guard let item else { return Self.unknown(id.description).response(to: head) }
      return .json(.object(self.members(id, item)), headers: ["Cache-Control": "no-store"])
    }
  }

  /// The store could not look; on the store thread.
  func failed(_ token: UInt64) {
    finish(token) { _, head in Problem(.storeBusy).response(to: head) }
  }

  func clientLeft(_ request: RequestID) {
    state.withLock { state in
      if let token = state.tokens.removeValue(forKey: request) { state.waiting[token] = nil }
    }
  }

  private func finish(_ token: UInt64, _ response: (MessageID, RequestHead) -> Response) {
    let waiting = state.withLock { state in
      let waiting = state.waiting.removeValue(forKey: token)
      if let waiting { state.tokens[waiting.request] = nil }
      return waiting
    }
    guard let waiting else { return }
    wiring.server?.answer(waiting.request, with: response(waiting.id, waiting.head))
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
      let outcome = MessageOutcome(stored) ?? MessageOutcome(state: .rejected)
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
