import EventLoop
import HTTPFront

/// How each open stream is written, for those who tell a single one something.
///
/// Only what is not server-sent events is noted. Called on every thread.
final class StreamForms: Sendable {
  private let forms = Locked<[StreamID: Representation.Form]>([:])

  subscript(id: StreamID) -> Representation.Form { forms.withLock { $0[id] } ?? .events }

  func opened(_ id: StreamID, as form: Representation.Form) {
    guard form != .events else { return }
    forms.withLock { $0[id] = form }
  }

  func closed(_ id: StreamID) { forms.withLock { _ = $0.removeValue(forKey: id) } }
}
