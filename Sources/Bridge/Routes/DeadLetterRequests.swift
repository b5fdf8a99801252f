import EventLoop
import HTTPFront
import Store

/// The admin server's requests about dead letters: each asks the store and is answered when it has.
final class DeadLetterRequests: Sendable {
  /// Each server counts its requests by itself.
  private struct Asker: Hashable {
    let place: AdminPlace
    let request: RequestID
  }

  private struct Waiting {
    let asker: Asker
    let head: RequestHead
    let previewBytes: Int
  }

  private struct State {
    var lastToken: UInt64 = 0
    var waiting: [UInt64: Waiting] = [:]
    var tokens: [Asker: UInt64] = [:]
  }

  private let wiring: Wiring
  private let state = Locked(State())

  init(_ wiring: Wiring) { self.wiring = wiring }

  /// Asks the store; `id` is the capture of the path.
  func ask(
    _ endpoint: AdminEndpoint, _ id: String?, _ request: Request, at place: AdminPlace
  ) throws(Problem) -> Answer {
    let asker = Asker(place: place, request: request.id)
    let parameters = try DeadLetterParameters(request.head.query, endpoint)
    let question = try Self.question(endpoint, id, parameters)
    let token = state.withLock { state in
      state.lastToken += 1
      state.waiting[state.lastToken] = Waiting(
        asker: asker, head: request.head, previewBytes: parameters.previewBytes)
      state.tokens[asker] = state.lastToken
      return state.lastToken
    }
    guard wiring.store?.deadLetters(question, token: token) == true else {
      clientLeft(request.id, at: place)
      throw Problem(.storeBusy, headers: ["Retry-After": "1"])
    }
    return .park(deadline: nil)
  }

  /// The store has answered; on the store thread.
  func answered(_ token: UInt64, _ answer: DeadLetterAnswer) {
    let waiting = state.withLock { state in
      let waiting = state.waiting.removeValue(forKey: token)
      if let waiting { state.tokens[waiting.asker] = nil }
      return waiting
    }
    guard let waiting else { return }
    let response: Response
    do throws(Problem) {
      if case .handedOver(let letter) = answer, let webhooks = wiring.webhooks {
        response = try DeadLetterResponse.make(webhooks.retry(letter))
      } else {
        response = try DeadLetterResponse.make(answer, previewBytes: waiting.previewBytes)
      }
    } catch {
      response = error.response(to: waiting.head)
    }
    wiring.answer(waiting.asker.request, at: waiting.asker.place, with: response)
  }

  func clientLeft(_ request: RequestID, at place: AdminPlace) {
    let asker = Asker(place: place, request: request)
    state.withLock { state in
      if let token = state.tokens.removeValue(forKey: asker) { state.waiting[token] = nil }
    }
  }

  private static func question(
    _ endpoint: AdminEndpoint, _ id: String?, _ parameters: DeadLetterParameters
  ) throws(Problem) -> DeadLetterRequest {
    switch endpoint {
    case .listDeadLetters: return .list(before: parameters.cursor, limit: parameters.limit)
    case .deleteDeadLetters:
      guard parameters.all else {
        throw Problem(
          .badParameter, detail: "this deletes every dead letter and needs all=true",
          hint: "DELETE /admin/dead-letters/{id} deletes one")
      }
      return .deleteAll
    default:
      guard let item = id.flatMap({ MessageID($0) })?.item else {
        throw DeadLetterResponse.unknown
      }
      switch endpoint {
      case .retryDeadLetter: return .retry(item)
      case .deleteDeadLetter: return .delete(item)
      default: return .find(item)
      }
    }
  }
}

/// The query of a request about dead letters.
struct DeadLetterParameters: Equatable {
  private(set) var limit = 100
  private(set) var cursor: Int64?
  private(set) var previewBytes = 0
  private(set) var all = false

  /// The parameters of each endpoint.
  static func names(_ endpoint: AdminEndpoint) -> [String] {
    switch endpoint {
    case .listDeadLetters: ["limit", "cursor", "preview"]
    case .deadLetter: ["preview"]
    case .deleteDeadLetters: ["all"]
    default: []
    }
  }

  init(_ query: Query, _ endpoint: AdminEndpoint) throws(Problem) {
    var seen: Set<String> = []
    for parameter in query.parameters {
      let name = (try? parameter.name) ?? "?"
      guard Self.names(endpoint).contains(name) else {
        throw Problem(.unknownParameter, detail: "there is no parameter '\(name)' here")
      }
      guard seen.insert(name).inserted else {
        throw Problem(.badParameter, detail: "'\(name)' is given twice")
      }
      let value = (try? parameter.value()) ?? ""
      switch name {
      case "limit": limit = try FieldText.number(name, value, 1...500)
      case "cursor": cursor = Int64(try FieldText.number(name, value, 1...Int.max))
      case "preview": previewBytes = try FieldText.number(name, value, 0...65_536)
      default: all = try FieldText.flag(name, value)
      }
    }
  }
}
