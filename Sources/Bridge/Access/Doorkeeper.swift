import Access
import EventLoop
import HTTPFront

/// Lets the requests of one server in: those whose password must be checked wait parked meanwhile.
final class Doorkeeper: Sendable {
  private struct Waiting: Sendable {
    let request: Request
    let takesTicket: Bool
    var result: PasswordCheck.Verdict?
  }

  private let passwords: PasswordDesk
  private let resume: @Sendable (RequestID) -> Void
  private let waiting = Locked<[RequestID: Waiting]>([:])

  var desk: AccessDesk { passwords.desk }

  /// `resume` makes the server call `handleAgain`.
  init(
    _ passwords: PasswordDesk, resume: @escaping @Sendable (RequestID) -> Void
  ) {
    self.passwords = passwords
    self.resume = resume
  }

  /// Why nothing of the body is to be read; a password is only checked once all of it is there.
  func refusal(of head: RequestHead, takesTicket: Bool) -> Problem? {
    guard !desk.isOpen else { return nil }
    guard case .refused(let problem) = desk.admit(head, takesTicket: takesTicket) else {
      return nil
    }
    return problem
  }

  /// Answers a request as its caller may, or parks it until its password is checked.
  func handle(
    _ request: Request, takesTicket: Bool, answer: (Pass) throws(Problem) -> Answer
  ) throws(Problem) -> Answer {
    switch desk.admit(request.head, takesTicket: takesTicket) {
    case .pass(let pass):
      passwords.identified(request.id, pass)
      return try answer(pass)
    case .refused(let problem): throw problem
    case .check(let check):
      let id = request.id
      waiting.withLock { $0[id] = Waiting(request: request, takesTicket: takesTicket) }
      do throws(Problem) {
        try passwords.run(check) { [weak self] result in self?.checked(id, result) }
      } catch {
        clientLeft(id)
        throw error
      }
      return .park(deadline: nil)
    }
  }

  private func checked(_ id: RequestID, _ result: PasswordCheck.Verdict) {
    waiting.withLock { $0[id]?.result = result }
    resume(id)
  }

  /// A request whose password is checked, and who sends it; nil for any other request.
  func resumed(_ id: RequestID) throws(Problem) -> (request: Request, pass: Pass)? {
    guard let waiting = waiting.withLock({ $0.removeValue(forKey: id) }),
      let result = waiting.result
    else { return nil }
    let request = waiting.request
    switch desk.learned(result, for: request.head, takesTicket: waiting.takesTicket) {
    case .pass(let pass):
      passwords.identified(id, pass)
      return (request, pass)
    case .refused(let problem): throw problem
    case .check: preconditionFailure("a checked password is to be checked again")
    }
  }

  /// The request that waits, for the form of its errors.
  func head(of id: RequestID) -> RequestHead? { waiting.withLock { $0[id]?.request.head } }

  func clientLeft(_ id: RequestID) { waiting.withLock { $0[id] = nil } }

  /// A request is answered.
  func answered(_ record: AccessRecord, _ head: RequestHead?) {
    passwords.accessLog.answered(record, head)
  }

  /// The headers that every answer has: for a page's origin, and that its type is what it says.
  func decorate(_ headers: inout HeaderFields, for head: RequestHead?) {
    headers.set("X-Content-Type-Options", "nosniff")
    guard desk.hasOrigins else { return }
    for (name, value) in desk.cors.responseHeaders(origin: head?.headers["Origin"]) {
      guard name == "Vary", let vary = headers["Vary"] else {
        headers.set(name, value)
        continue
      }
      if !headers.list("Vary").contains(where: { $0.lowercased() == "origin" }) {
        headers.set("Vary", "\(vary), \(value)")
      }
    }
  }

  /// The answer to a browser's question what a page may do; nil for any other request.
  func preflight(_ head: RequestHead) -> Response? {
    guard head.method == "OPTIONS", desk.hasOrigins,
      let origin = head.headers["Origin"], head.headers.contains("Access-Control-Request-Method")
    else { return nil }
    var response = Response(status: 204)
    for (name, value) in desk.cors.preflight(origin: origin) { response.headers.set(name, value) }
    return response
  }
}
