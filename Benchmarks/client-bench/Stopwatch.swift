import Glibc
import MQTTClient

/// The time and the processor time since it was made.
struct Stopwatch {
  private let start = ContinuousClock.now
  private let processor = Self.processorSeconds

  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// User and system time of the whole process since the start, in microseconds.
  var processorMicroseconds: Double { (Self.processorSeconds - processor) * 1e6 }

  private static var processorSeconds: Double {
    var usage = rusage()
    unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// Prints the line of a run: `secs` for its rate, everything since the start for its processor time.
  func report(_ arguments: BenchArguments, count: Int, seconds: Double) {
    let rate = Int(Double(count) / seconds)
    let cost = Int(processorMicroseconds * 1000 / Double(count))
    let face = arguments.isBlocking ? "MQTTConnection" : "MQTTClient"
    let (unit, per) =
      arguments.mode == .connect ? ("connects_s", "cpu_us") : ("msgs_s", "cpu_us_msg")
    print(
      "lib=\(face) mode=\(arguments.mode.rawValue) qos=\(arguments.qos.rawValue)"
        + " inflight=\(arguments.inflight) size=\(arguments.size) n=\(count)"
        + " secs=\(Int(seconds * 1e6))e-6 \(unit)=\(rate) \(per)=\(cost)e-3")
  }
}
