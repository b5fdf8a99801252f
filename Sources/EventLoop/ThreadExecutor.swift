/// A thread that runs tasks, apart from the threads that all other tasks of the process share.
///
/// So a task goes on although the program blocks every shared thread. What a task on it calls must
/// not block for long itself, since all its tasks take turns. The thread ends when nobody holds the
/// executor any more, neither its owner nor a task.
package final class ThreadExecutor: TaskExecutor {
  /// Bounded by the tasks: each has at most one job that waits.
  private let jobs: Mailbox<UnownedJob>

  /// Starts the thread; the name has at most 15 bytes.
  package init(name: String) throws(SystemError) {
    let jobs = try Mailbox<UnownedJob>(capacity: 1)
    self.jobs = jobs
    // A job that runs belongs to a task, and that holds the executor.
    let executor = unsafe UnownedTaskExecutor(ordinary: self)
    _ = try LoopThread(name: name) {
      var batch: [UnownedJob] = []
      while jobs.receive(into: &batch) {
        for job in batch { unsafe job.runSynchronously(on: executor) }
        batch.removeAll(keepingCapacity: true)
        jobs.wait()
      }
    }
  }

  deinit { jobs.close() }

  package func enqueue(_ job: consuming ExecutorJob) { jobs.sendReserved(UnownedJob(job)) }
}
