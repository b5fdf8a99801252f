import EventLoop
import Glibc
import Testing

@Suite struct LoopThreadTests {
  @Test func `the body runs on a thread that knows itself`() throws {
    let identity = ThreadIdentity()
    let sawItself = Locked(false)
    let thread = try LoopThread(name: "known") {
      identity.adoptCurrentThread()
      sawItself.withLock { $0 = identity.isCurrent }
    }
    thread.join()
    #expect(sawItself.withLock { $0 })
    #expect(!identity.isCurrent)
    #expect(!thread.isCurrent)
  }

  @Test func `the name is what the system shows`() throws {
    let name = Locked("")
    let thread = try LoopThread(name: "fifteen-letters") {
      var buffer = [CChar](repeating: 0, count: 16)
      readOwnName(into: &buffer)
      let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
      name.withLock { $0 = text }
    }
    thread.join()
    #expect(name.withLock { $0 } == "fifteen-letters")
  }

  @Test func `signals are blocked on the thread and as before on its starter`() throws {
    let isBlocked = Locked(false)
    let before = isTermBlocked()
    let thread = try LoopThread(name: "signals") {
      isBlocked.withLock { $0 = isTermBlocked() }
    }
    thread.join()
    #expect(isBlocked.withLock { $0 })
    #expect(isTermBlocked() == before)
  }

  @Test func `joining twice is harmless`() throws {
    let thread = try LoopThread(name: "twice") {}
    thread.join()
    thread.join()
  }

  @Test func `a thread that nobody joins runs to its end`() throws {
    let mailbox = try Mailbox<Int>(capacity: 1)
    _ = try LoopThread(name: "left-alone") { _ = mailbox.send(1) }
    mailbox.wait()
    #expect(mailbox.count == 1)
  }

  @Test func `a thread can ask for short turns, where the system has them`() throws {
    let lengths = Locked<[String]>([])
    let thread = try LoopThread(name: "short") {
      let before = readOwnTurnLength()
      LoopThread.takeShortTurns()
      lengths.withLock { $0 = [before, readOwnTurnLength()] }
    }
    thread.join()
    let turns = lengths.withLock { $0 }
    #expect(turns[0] != "100000")
    #expect(turns[1] == (hasShortTurns() ? "100000" : turns[0]))
  }

  @Test func `a name longer than the system's limit traps`() async {
    await #expect(processExitsWith: .failure) {
      _ = try LoopThread(name: "sixteen-letters!") {}
    }
  }
}

/// In nanoseconds, as Linux publishes it; empty where it does not.
private func readOwnTurnLength() -> String {
  let line = text(of: "/proc/thread-self/sched").split(separator: "\n").first {
    $0.hasPrefix("se.slice")
  }
  return line?.split(separator: " ").last.map(String.init) ?? ""
}

/// Linux 6.12 and later, and if they publish it.
private func hasShortTurns() -> Bool {
  let version = text(of: "/proc/sys/kernel/osrelease").split { !$0.isNumber }.compactMap { Int($0) }
  return version.count > 1 && (version[0], version[1]) >= (6, 12) && !readOwnTurnLength().isEmpty
}

private func text(of path: String) -> String {
  let file = unsafe open(path, O_RDONLY)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var buffer = [UInt8](repeating: 0, count: 65_536)
  let count = unsafe read(file, &buffer, buffer.count)
  return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
}

/// The thread's name, from where Linux publishes it.
private func readOwnName(into buffer: inout [CChar]) {
  let file = unsafe open("/proc/thread-self/comm", O_RDONLY)
  guard file >= 0 else { return }
  let count = unsafe read(file, &buffer, buffer.count - 1)
  if count > 0, buffer[count - 1] == CChar(bitPattern: UInt8(ascii: "\n")) { buffer[count - 1] = 0 }
  close(file)
}

private func isTermBlocked() -> Bool {
  var mask = sigset_t()
  unsafe pthread_sigmask(SIG_BLOCK, nil, &mask)
  return unsafe sigismember(&mask, SIGTERM) == 1
}
