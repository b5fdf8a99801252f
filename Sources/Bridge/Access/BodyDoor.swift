import Access
import EventLoop
import HTTPFront

/// Lets in bodies that are taken in pieces: the first piece stays with the server while a password is checked.
///
///     (none) ──piece──▶ open ──piece──▶ open …
///        └──piece, password unknown──▶ checking ──checked, the same piece──▶ open, or refused
final class BodyDoor: Sendable {
  private enum Entry: Sendable {
    case checking(PasswordCheck.Verdict?)
    case open(Pass)
  }

  private let passwords: PasswordDesk
  private let resume: @Sendable (RequestID) -> Void
  private let entries = Locked<[RequestID: Entry]>([:])

  /// `resume` makes the server call again with the piece that was held.
  init(
    _ passwords: PasswordDesk, resume: @escaping @Sendable (RequestID) -> Void
  ) {
    self.passwords = passwords
    self.resume = resume
  }

  /// Whether pieces of this body have come.
  func knows(_ id: RequestID) -> Bool { entries.withLock { $0[id] != nil } }

  /// Who sends a body of which a piece or the end has come; nil while that is not known.
  func admit(_ id: RequestID, _ head: RequestHead) throws(Problem) -> Pass? {
    switch entries.withLock({ $0[id] }) {
    case .open(let pass): return pass
    case .checking(let result?):
      return try enter(passwords.desk.learned(result, for: head, takesTicket: false), id)
    // Not asked for before the verdict is there.
    case .checking(nil): return nil
    case nil: return try enter(passwords.desk.admit(head, takesTicket: false), id)
    }
  }

  func ended(_ id: RequestID) { entries.withLock { $0[id] = nil } }

  private func enter(
    _ verdict: AccessDesk.Verdict, _ id: RequestID
  ) throws(Problem) -> Pass? {
    switch verdict {
    case .pass(let pass):
      passwords.identified(id, pass)
      entries.withLock { $0[id] = .open(pass) }
      return pass
    case .refused(let problem):
      ended(id)
      throw problem
    case .check(let check):
      entries.withLock { $0[id] = .checking(nil) }
      do throws(Problem) {
        try passwords.run(check) { [weak self] result in self?.checked(id, result) }
      } catch {
        ended(id)
        throw error
      }
      return nil
    }
  }

  private func checked(_ id: RequestID, _ result: PasswordCheck.Verdict) {
    entries.withLock { entries in
      guard case .checking? = entries[id] else { return }
      entries[id] = .checking(result)
    }
    resume(id)
  }
}
