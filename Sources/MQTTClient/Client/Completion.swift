import EventLoop

/// A value that comes once, for any number of tasks to wait for.
///
/// The first `resolve` counts. A waiting task that is cancelled gets nil and takes nothing away from
/// the others.
final class Completion<Value: Sendable>: Sendable {
  private typealias Continuation = CheckedContinuation<Value?, Never>

  private struct State {
    var value: Value?
    var lastWaiter: UInt64 = 0
    var waiters: [UInt64: Continuation] = [:]
  }

  private let state = Locked(State())

  /// The value, once it is there.
  var value: Value? { state.withLock { $0.value } }

  /// Gives the value to everybody who waits, from any thread; false when there was one before.
  @discardableResult
  func resolve(_ value: Value) -> Bool {
    let waiters: [UInt64: Continuation]? = state.withLock { state in
      guard state.value == nil else { return nil }
      state.value = value
      return exchange(&state.waiters, with: [:])
    }
    guard let waiters else { return false }
    for continuation in waiters.values { continuation.resume(returning: value) }
    return true
  }

  /// Waits for the value; nil when the task is cancelled first.
  func wait() async -> Value? {
    let id = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: Continuation) in
        let now: Value?? = state.withLock { state in
          if let value = state.value { return .some(value) }
          // The handler below runs before or after this; in both orders somebody sees the other.
          guard !Task.isCancelled else { return .some(nil) }
          state.waiters[id] = continuation
          return nil
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      let continuation = state.withLock { $0.waiters.removeValue(forKey: id) }
      continuation?.resume(returning: nil)
    }
  }
}
