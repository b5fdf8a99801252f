import HTTPFront

/// How the answer to a request whose messages are waited for one by one looks.
protocol AnswerForm: Sendable {
  /// The answer when the fate of every message is known.
  func response(_ results: [BatchResult]) -> Response

  /// The refusal of all messages because of some.
  func refusal(_ problems: [(index: Int, problem: Problem)]) -> Problem?
}

/// How the answer to a batch looks.
struct BatchForm: AnswerForm {
  let isAtomic: Bool
  let pointerPrefix: String
  let preferenceApplied: String?
  let head: RequestHead

  func response(_ results: [BatchResult]) -> Response {
    if isAtomic, let refusal = results.first?.refusal,
      results.allSatisfy({ $0.refusal == refusal })
    {
      return PublishResponse.problem(refusal).response(to: head)
    }
    var headers = HeaderFields()
    if let preferenceApplied { headers.append("Preference-Applied", preferenceApplied) }
    if results.allSatisfy(\.isReplay) { headers.append("Idempotency-Replayed", "true") }
    let accepted = results.count { $0.isAccepted }
    let body = JSONValue.object([
      .init("accepted", .integer(accepted)),
      .init("rejected", .integer(results.count - accepted)),
      .init("results", .array(results.enumerated().map { $0.element.json(index: $0.offset) })),
    ])
    return .json(body, status: status(results), headers: headers)
  }

  private func status(_ results: [BatchResult]) -> Int {
    guard results.allSatisfy(\.isAccepted) else { return 207 }
    return results.contains { $0.status == 202 } ? 202 : 200
  }

  /// The refusal of all messages because of some: the first one's error, and the place of each.
  func refusal(_ problems: [(index: Int, problem: Problem)]) -> Problem? {
    guard let first = problems.first else { return nil }
    var problem = first.problem
    problem.detail = "message \(first.index): \(problem.detail ?? problem.code.title)"
    problem.members.removeAll { $0.name == "errors" || $0.name == "kept" }
    let errors = problems.map { index, problem in
      JSONValue.object([
        .init("pointer", .string("\(pointerPrefix)/\(index)\(problem.place)")),
        .init("code", .string(problem.code.rawValue)),
        .init("detail", .string(problem.detail ?? problem.code.title)),
      ])
    }
    problem.members += [.init("errors", .array(errors))] + PublishResponse.notKept
    return problem
  }
}

extension BatchResult {
  var status: Int {
    switch result {
    case .success(let status, _, _, _): status
    case .problem(let problem): problem.code.status
    }
  }

  var isAccepted: Bool { status < 300 }

  func json(index: Int) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("index", .integer(index)), .init("status", .integer(status)),
    ]
    switch result {
    case .success(_, _, _, let more): members += more
    case .problem(let problem): members.append(.init("problem", problem.json))
    }
    if isReplay { members.append(.init("replayed", .boolean(true))) }
    return .object(members)
  }
}

extension Problem {
  /// The field that an error is about, where that is known: what reading told, or the code tells.
  fileprivate var place: String {
    if let pointer { return pointer }
    return switch code {
    case .topicInvalid: "/topic"
    case .qosNotSupported: "/qos"
    case .retainNotAvailable: "/retain"
    case .payloadTooLarge, .payloadFormatInvalid: "/payload"
    default: ""
    }
  }
}
