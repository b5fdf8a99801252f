import Glibc

/// How many descriptors this process may have open.
package enum OpenFileLimit {
  /// Raises the limit as far as the system lets this process, and returns it.
  ///
  /// The usual soft limit of 1024 is meant for programs that use `select`.
  @discardableResult
  package static func raise() -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 1024
    }
    limit.rlim_cur = limit.rlim_max
    guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 1024
    }
    return Int(clamping: limit.rlim_cur)
  }
}
