/// How a wait in `Duration` becomes the milliseconds of `poll` and `epoll_wait`.
package enum PollTimeout {
  /// Rounded up, so that a loop never wakes just before its deadline; nil waits for ever.
  package static func milliseconds(_ timeout: Duration?) -> Int32 {
    guard let timeout else { return -1 }
    guard timeout > .zero else { return 0 }
    let (seconds, attoseconds) = timeout.components
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
