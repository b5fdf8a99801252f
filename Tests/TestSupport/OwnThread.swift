import Foundation

/// Runs what blocks on a thread of its own.
///
/// A test that waits for an asynchronous callback must not block one of the few threads that
/// callbacks run on: with one such test on each of them none would ever go on.
package func onOwnThread(_ body: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}
