import EventLoop
import Foundation
import MQTTClient

/// The lines of stdin, read on a thread of their own, for the thread that drives the connection.
final class ProbeInput: Sendable {
  private struct State: Sendable {
    var lines: [String] = []
    var isAtEnd = false
    var waker: ConnectionWaker?
  }

  private let state = Locked(State())
  private let arrived = DispatchSemaphore(value: 0)

  func start() {
    Thread.detachNewThread { [self] in
      while let line = readLine() { add { $0.lines.append(line) } }
      add { $0.isAtEnd = true }
    }
  }

  /// Whom to wake when a line comes; nil while `wait` is used.
  func setWaker(_ waker: ConnectionWaker?) { state.withLock { $0.waker = waker } }

  func takeLines() -> [String] { state.withLock { exchange(&$0.lines, with: []) } }

  var isAtEnd: Bool { state.withLock { $0.isAtEnd && $0.lines.isEmpty } }

  /// Waits for a line or the end.
  func wait() { arrived.wait() }

  private func add(_ change: @Sendable (inout State) -> Void) {
    let waker = state.withLock { state in
      change(&state)
      return state.waker
    }
    arrived.signal()
    waker?.wake()
  }
}

/// Writes one line to stdout; from any thread.
enum ProbeOutput {
  private static let lock = NSLock()

  static func write(_ object: ProbeObject) {
    lock.withLock { FileHandle.standardOutput.write(Data((object.line + "\n").utf8)) }
  }
}
