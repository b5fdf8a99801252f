import EventLoop
import Glibc
import TestSupport
import Testing

@Suite struct NotifySocketTests {
  private func environment(_ path: String, _ more: [String: String] = [:]) -> [String: String] {
    more.merging(["NOTIFY_SOCKET": path]) { $1 }
  }

  @Test func `what is told arrives as one datagram at a path`() throws {
    let directory = try TemporaryDirectory()
    let listener = try DatagramListener(directory.file("notify"))
    let manager = try #require(
      NotifySocket(environment: environment(directory.file("notify"))))
    #expect(manager.tell(["READY=1", "STATUS=well"]))
    #expect(manager.tell(["WATCHDOG=1"]))
    #expect(listener.next() == ["READY=1", "STATUS=well"])
    #expect(listener.next() == ["WATCHDOG=1"])
  }

  @Test func `an abstract name begins with an at sign`() throws {
    let name = "@mqtt-bridge-test-\(getpid())"
    let listener = try DatagramListener(name)
    let manager = try #require(NotifySocket(environment: environment(name)))
    #expect(manager.tell(["READY=1"]))
    #expect(listener.next() == ["READY=1"])
  }

  @Test(arguments: [nil, "", "@", "vsock:2:1234", "relative/path"])
  func `without a socket that we can reach nobody is told`(_ path: String?) {
    #expect(NotifySocket(environment: path.map { environment($0) } ?? [:]) == nil)
  }

  @Test func `a manager that is gone, or does not read, does no harm`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("notify")
    let manager = try #require(NotifySocket(environment: environment(path)))
    #expect(!manager.tell(["READY=1"]))
    let listener = try DatagramListener(path)
    // The queue of such a socket has an end, at which a sender would wait.
    var count = 0
    while manager.tell(["WATCHDOG=1"]), count < 100_000 { count += 1 }
    #expect(count > 0 && count < 100_000)
    #expect(listener.next() == ["WATCHDOG=1"])
  }

  @Test func `the watchdog's time is for the process that it names`() {
    let path = "/nowhere"
    func interval(_ more: [String: String]) -> Duration? {
      NotifySocket(environment: environment(path, more))?.watchdogInterval
    }
    #expect(interval(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
    let own = ["WATCHDOG_USEC": "500000", "WATCHDOG_PID": "\(getpid())"]
    #expect(interval(own) == .milliseconds(500))
    #expect(interval(["WATCHDOG_USEC": "500000", "WATCHDOG_PID": "\(getppid())"]) == nil)
    for text in ["", "0", "-1", "soon"] { #expect(interval(["WATCHDOG_USEC": text]) == nil) }
    #expect(interval([:]) == nil)
  }
}
