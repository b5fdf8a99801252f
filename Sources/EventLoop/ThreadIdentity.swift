import Glibc
import Synchronization

/// Remembers which thread owns something, so that a touch from another one is caught.
package final class ThreadIdentity: Sendable {
  private let owner = Atomic<UInt>(0)

  package init() {}

  package func adoptCurrentThread() {
    owner.store(pthread_self(), ordering: .relaxed)
  }

  package var isCurrent: Bool { owner.load(ordering: .relaxed) == pthread_self() }
}
