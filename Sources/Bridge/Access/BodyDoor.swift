import Access
import EventLoop
import HTTPFront

/// Lets in bodies that are taken in pieces: the first piece waits here while a password is checked.
///
///     (none) ──piece──▶ open ──piece──▶ open …
///        └──piece, password unknown──▶ checking ──checked, next piece──▶ open, or refused
final class BodyDoor: Sendable {
  private enum Entry: Sendable {
    case checking(first: [UInt8], PasswordCheck.Verdict?)
    case open(Pass)
  }

  private let passwords: PasswordDesk
  private let resume: @Sendable (RequestID) -> Void
  private let entries = Locked<[RequestID: Entry]>([:])

  /// `resume` makes the server call again with more of the body, or with its end.
  init(
    _ passwords: PasswordDesk, resume: @escaping @Sendable (RequestID) -> Void
  ) {
    self.passwords = passwords
    self.resume = resume
  }

  /// Whether pieces of this body have come.
  func knows(_ id: RequestID) -> Bool { entries.withLock { $0[id] != nil } }

  /// Who sends a body, and what of it can be used now; nil while that is not known.
  func admit(
    _ piece: [UInt8], of id: RequestID, _ head: RequestHead
  ) throws(Problem) -> (pass: Pass, bytes: [UInt8])? {
    switch entries.withLock({ $0[id] }) {
    case .open(let pass): return (pass, piece)
    case .checking(let first, let result?):
      let verdict = passwords.desk.learned(result, for: head, takesTicket: false)
      return try enter(verdict, first + piece, id)
    // Not asked for before the verdict is there.
    case .checking(_, nil): return nil
    case nil: return try enter(passwords.desk.admit(head, takesTicket: false), piece, id)
    }
  }

  func ended(_ id: RequestID) { entries.withLock { $0[id] = nil } }

  private func enter(
    _ verdict: AccessDesk.Verdict, _ bytes: [UInt8], _ id: RequestID
  ) throws(Problem) -> (pass: Pass, bytes: [UInt8])? {
    switch verdict {
    case .pass(let pass):
      passwords.identified(id, pass)
      entries.withLock { $0[id] = .open(pass) }
      return (pass, bytes)
    case .refused(let problem):
      ended(id)
      throw problem
    case .check(let check):
      entries.withLock { $0[id] = .checking(first: bytes, nil) }
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
      guard case .checking(let first, _)? = entries[id] else { return }
      entries[id] = .checking(first: first, result)
    }
    resume(id)
  }
}
