import Access
import EventLoop

/// Checks passwords on a thread of its own, because each takes some hundredths of a second.
final class PasswordBench: Sendable {
  private struct Work: Sendable {
    let check: PasswordCheck
    let done: @Sendable (PasswordCheck.Verdict) -> Void
  }

  /// More would wait longer than a client does.
  private static let waitingMaximum = 64

  private let work: Mailbox<Work>
  private let thread: LoopThread

  init() throws(SystemError) {
    let work = try Mailbox<Work>(capacity: Self.waitingMaximum)
    self.work = work
    thread = try LoopThread(name: "passwords") {
      var batch: [Work] = []
      while work.receive(into: &batch) {
        for item in batch { item.done(item.check.run()) }
        if batch.isEmpty { work.wait() }
        batch.removeAll(keepingCapacity: true)
      }
    }
  }

  /// False when too many wait; else `done` is called on the bench's thread.
  func run(_ check: PasswordCheck, _ done: @escaping @Sendable (PasswordCheck.Verdict) -> Void)
    -> Bool
  {
    work.send(Work(check: check, done: done))
  }

  func stop() {
    work.close()
    thread.join()
  }
}
