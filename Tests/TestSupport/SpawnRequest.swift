import EventLoop
import Glibc

/// A started program and the reading ends of its output pipes, which the receiver must close.
struct SpawnedChild: Sendable {
  let pid: pid_t
  let output: Int32
  let errors: Int32
}

/// What to start: a command line, whose first word is a path, and an environment.
struct SpawnRequest: Sendable {
  let command: [String]
  let variables: [String]

  /// Only one program is started at a time, so that none inherits the pipes of another.
  private static let lock = Locked(())

  /// Starts the program with no input, its output in two pipes and no signal blocked.
  func spawn() throws(TestFailure) -> SpawnedChild {
    try Self.lock.withLock { _ throws(TestFailure) in try spawnAlone() }
  }

  private func spawnAlone() throws(TestFailure) -> SpawnedChild {
    let (outputEnd, outputStart) = try Self.openPipe()
    let (errorEnd, errorStart) = try Self.openPipe()
    defer {
      close(outputStart)
      close(errorStart)
    }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, outputStart, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errorStart, 2)

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var pid: pid_t = 0
    let result = unsafe Self.withCStrings(command) { arguments in
      unsafe Self.withCStrings(variables) { environment in
        unsafe posix_spawn(&pid, command[0], &actions, &attributes, arguments, environment)
      }
    }
    guard result == 0 else {
      close(outputEnd)
      close(errorEnd)
      throw TestFailure("cannot start \(command.joined(separator: " ")): errno \(result)")
    }
    return SpawnedChild(pid: pid, output: outputEnd, errors: errorEnd)
  }

  private static func openPipe() throws(TestFailure) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    let result = unsafe pipe(&ends)
    guard result == 0 else { throw TestFailure("cannot open a pipe: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Calls the body with a C array of C strings that ends with a null pointer.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    var pointers = unsafe copies + [nil]
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { fatalError("the array has a last element") }
      return unsafe body(base)
    }
  }
}
