import EventLoop
import Foundation
import Glibc

/// The lines that a child process has written to one of its output streams so far.
package final class CapturedLines: Sendable {
  private struct State {
    var lines: [String] = []
    var unfinished: [UInt8] = []
    var hasEnded = false
  }

  private let state = Locked(State())

  package init() {}

  package var lines: [String] { state.withLock { $0.lines } }
  package var text: String { lines.joined(separator: "\n") }

  /// Whether the stream is at its end, so that no line can follow.
  package var hasEnded: Bool { state.withLock { $0.hasEnded } }

  /// The first line that satisfies the condition, awaited until the deadline or the end of the stream.
  package func first(
    within limit: Duration = .seconds(10), where condition: (String) -> Bool
  ) -> String? {
    var found: String?
    _ = eventually(within: limit) {
      let ended = hasEnded
      found = lines.first(where: condition)
      return found != nil || ended
    }
    return found
  }

  /// Reads the descriptor on a thread of its own until its end, and closes it.
  func follow(_ descriptor: Int32) {
    Thread.detachNewThread { [self] in
      while true {
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialized in
          count = unsafe read(descriptor, buffer.baseAddress, 65_536)
          initialized = max(0, count)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        append(bytes)
      }
      close(descriptor)
      end()
    }
  }

  private func append(_ bytes: [UInt8]) {
    state.withLock { state in
      state.unfinished += bytes
      var parts = state.unfinished.split(separator: 0x0A, omittingEmptySubsequences: false)
      state.unfinished = parts.popLast().map(Array.init) ?? []
      state.lines += parts.map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private func end() {
    state.withLock { state in
      if !state.unfinished.isEmpty {
        state.lines.append(String(decoding: state.unfinished, as: UTF8.self))
      }
      state.unfinished = []
      state.hasEnded = true
    }
  }
}
