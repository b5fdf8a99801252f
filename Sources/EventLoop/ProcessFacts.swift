import Glibc

/// What the system says of this process.
package struct ProcessFacts: Equatable, Sendable {
  /// In user and system mode together.
  package var processorSeconds = 0.0
  package var residentBytes = 0
  package var openDescriptors = 0
  package var descriptorsMax = 0
  /// In seconds since 1970.
  package var startedAt = 0.0

  /// As it is now; what the system does not tell stays zero.
  package static func now() -> Self {
    var facts = Self()
    var usage = rusage()
    if unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      facts.processorSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
    let pages = file("/proc/self/statm").split(separator: " ").dropFirst().first
    facts.residentBytes = (pages.flatMap { Int($0) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    facts.openDescriptors = countDescriptors()
    var limit = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      facts.descriptorsMax = Int(clamping: limit.rlim_cur)
    }
    facts.startedAt = startTime()
    return facts
  }

  /// The time of the system's start, and how many ticks later this process began.
  private static func startTime() -> Double {
    let boot = file("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
    // The name in parentheses can have blanks of its own.
    let fields = file("/proc/self/stat").split(separator: ")").last?.split(separator: " ")
    guard let boot = boot?.split(separator: " ").last.flatMap({ Double($0) }), let fields,
      fields.count > 19, let ticks = Double(fields[19])
    else { return 0 }
    return boot + ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  private static func countDescriptors() -> Int {
    guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
    defer { unsafe closedir(folder) }
    var count = 0
    while unsafe readdir(folder) != nil { count += 1 }
    // Two are the folder itself and the one above it, one is open for this count.
    return max(0, count - 3)
  }

  private static func file(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += piece.prefix(count)
    }
  }
}
