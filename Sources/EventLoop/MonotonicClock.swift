import Glibc

/// The time that never jumps, as the distance from an arbitrary origin of this machine.
package enum MonotonicClock {
  package static func now() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

/// The time of day, for what people and other machines read.
package enum WallClock {
  /// Milliseconds since 1970-01-01 UTC.
  package static func milliseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
