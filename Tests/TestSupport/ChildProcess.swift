import EventLoop
import Foundation
import Glibc

/// A program that a test has started, with its output captured line by line.
///
/// The program is killed when its owner lets go of it, and also when the test process dies first: the
/// kernel ends it together with the thread that started it, which waits for it all its life.
package final class ChildProcess: Sendable {
  /// How a process ended.
  package enum Exit: Equatable, Sendable {
    case status(Int32)
    case signal(Int32)
  }

  fileprivate enum State {
    case starting
    case failed(TestFailure)
    case running(Int32)
    case exited(Exit)
  }

  fileprivate final class Shared: Sendable {
    let state = Locked(State.starting)
  }

  package let output = CapturedLines()
  package let errors = CapturedLines()
  private let shared = Shared()

  /// Starts a program with these arguments.
  ///
  /// The environment is this process's without the bridge's own variables, plus what is given. The
  /// program is looked up in `PATH` when its name has no slash.
  package init(
    _ program: String, _ arguments: [String] = [], environment added: [String: String] = [:],
    directory: String? = nil
  ) throws {
    var command = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"]
    if let directory { command += ["/usr/bin/env", "-C", directory] }
    command.append(program)
    command += arguments
    let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MQTT_BRIDGE_") }
    let variables = inherited.merging(added) { $1 }.map { "\($0.key)=\($0.value)" }
    let request = SpawnRequest(command: command, variables: variables)

    let (shared, output, errors) = (shared, output, errors)
    Thread.detachNewThread {
      Self.live(request, shared, output, errors)
    }
    _ = eventually(within: .seconds(30)) { shared.state.withLock { !$0.isStarting } }
    if case .failed(let failure) = shared.state.withLock({ $0 }) { throw failure }
  }

  deinit {
    signal(SIGKILL)
    waitForExit(within: .seconds(10))
  }

  /// The process identifier, until the process has ended.
  package var processID: Int32? {
    shared.state.withLock { state in
      guard case .running(let pid) = state else { return nil }
      return pid
    }
  }

  package var isRunning: Bool { processID != nil }

  /// How the process ended, or nil while it runs.
  package var exit: Exit? {
    shared.state.withLock { state in
      guard case .exited(let exit) = state else { return nil }
      return exit
    }
  }

  /// Sends a signal, unless the process has ended.
  package func signal(_ number: Int32) {
    // The lock keeps the process unreaped meanwhile, so the identifier cannot belong to another one.
    shared.state.withLock { state in
      if case .running(let pid) = state { kill(pid, number) }
    }
  }

  /// How the process ended, or nil when it still runs at the deadline.
  @discardableResult
  package func waitForExit(within limit: Duration = .seconds(10)) -> Exit? {
    let deadline = Deadline(after: limit)
    while exit == nil {
      guard !deadline.hasPassed else { return nil }
      usleep(2_000)
    }
    _ = eventually(within: .seconds(1)) { output.hasEnded && errors.hasEnded }
    return exit
  }

  /// Starts the program and waits for its end, on a thread that lives as long as the program.
  private static func live(
    _ request: SpawnRequest, _ shared: Shared, _ output: CapturedLines, _ errors: CapturedLines
  ) {
    let child: SpawnedChild
    do throws(TestFailure) {
      child = try request.spawn()
    } catch {
      return shared.state.withLock { $0 = .failed(error) }
    }
    shared.state.withLock { $0 = .running(child.pid) }
    output.follow(child.output)
    errors.follow(child.errors)

    var information = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { break }
    }
    shared.state.withLock { state in
      var status: Int32 = 0
      unsafe waitpid(child.pid, &status, 0)
      let number = status & 0x7F
      state = .exited(number == 0 ? .status((status >> 8) & 0xFF) : .signal(number))
    }
  }
}

extension ChildProcess.State {
  fileprivate var isStarting: Bool {
    if case .starting = self { true } else { false }
  }
}
