/// Runs tasks on one thread of its own, which starts with the first of them.
///
/// So they do not wait for the threads that all tasks share, which others may block. The thread ends
/// once nobody refers to this any more, which every unfinished task does.
package final class TaskThread: TaskExecutor {
  private let name: String
  private let jobs = Locked<Mailbox<UnownedJob>?>(nil)

  /// The name, at most 15 bytes, is what `top -H` and debuggers show.
  package init(name: String) {
    self.name = name
  }

  deinit { jobs.withLock { $0 }?.close() }

  /// Starts a task here, or where all tasks run if there can be no thread.
  package func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    do throws(SystemError) {
      try startThread()
      return Task(executorPreference: self) { await body() }
    } catch {
      return Task { await body() }
    }
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    jobs.withLock { $0 }?.sendReserved(UnownedJob(job))
  }

  private func startThread() throws(SystemError) {
    guard jobs.withLock({ $0 }) == nil else { return }
    let mailbox = try Mailbox<UnownedJob>(capacity: 1)
    let executor = unsafe asUnownedTaskExecutor()
    _ = try LoopThread(name: name) {
      var waiting: [UnownedJob] = []
      while mailbox.receive(into: &waiting) {
        for job in waiting { unsafe job.runSynchronously(on: executor) }
        if waiting.isEmpty { mailbox.wait() }
        waiting.removeAll()
      }
    }
    jobs.withLock { $0 = mailbox }
  }
}
