import EventLoop
import TestSupport
import Testing

@testable import Bridge

@Suite struct ServiceNoticesTests {
  private let listener: DatagramListener
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    listener = try DatagramListener(directory.file("notify"))
  }

  private func notices(watchdog: Duration? = nil) -> ServiceNotices {
    var environment = ["NOTIFY_SOCKET": directory.file("notify")]
    if let watchdog { environment["WATCHDOG_USEC"] = "\(watchdog.components.seconds)000000" }
    return ServiceNotices(NotifySocket(environment: environment))
  }

  /// What has been told so far.
  private var told: [[String]] {
    var all: [[String]] = []
    while let next = listener.next(within: .zero) { all.append(next) }
    return all
  }

  @Test func `the status is told when it changes`() {
    var notices = notices()
    notices.started("away")
    notices.tick(at: .seconds(1), isAlive: true, status: "away")
    notices.tick(at: .seconds(2), isAlive: true, status: "connected")
    notices.tick(at: .seconds(3), isAlive: true, status: "connected")
    #expect(told == [["READY=1", "STATUS=away"], ["STATUS=connected"]])
  }

  @Test func `a sign of life comes twice in the time of the watchdog`() {
    var notices = notices(watchdog: .seconds(30))
    #expect(notices.longestWait == .seconds(1))
    notices.started("well")
    var signs = 0
    for second in 1...60 {
      notices.tick(at: .seconds(second), isAlive: true, status: "well")
      signs += told.count { $0 == ["WATCHDOG=1"] }
    }
    #expect((4...5).contains(signs))
  }

  @Test func `a watchdog that is quicker than the main thread makes that quicker`() {
    var notices = notices(watchdog: .seconds(1))
    #expect(notices.longestWait == .milliseconds(500))
    for turn in 1...4 {
      notices.tick(at: .milliseconds(500 * turn), isAlive: true, status: "")
    }
    #expect(told == Array(repeating: ["WATCHDOG=1"], count: 4))
  }

  @Test func `a bridge with a thread that hangs gives no sign of life`() {
    var notices = notices(watchdog: .seconds(10))
    for second in 1...10 { notices.tick(at: .seconds(second), isAlive: false, status: "") }
    #expect(told.isEmpty)
    notices.tick(at: .seconds(11), isAlive: true, status: "")
    #expect(told == [["WATCHDOG=1"]])
  }

  @Test func `a reload says when it began`() {
    let notices = notices()
    notices.reloading(at: .milliseconds(1234))
    notices.reloaded()
    #expect(told == [["RELOADING=1", "MONOTONIC_USEC=1234000"], ["READY=1"]])
  }

  @Test func `a stop asks for the time that it may take`() {
    notices().stopping(within: .seconds(60))
    #expect(told == [["STOPPING=1", "STATUS=stopping", "EXTEND_TIMEOUT_USEC=70000000"]])
  }
}
