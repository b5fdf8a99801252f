import Glibc
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test func `lines and the exit status of a program are captured`() throws {
    let child = try ChildProcess("sh", ["-c", "echo one; echo two >&2; printf three; exit 7"])
    #expect(child.waitForExit() == .status(7))
    #expect(child.output.lines == ["one", "three"])
    #expect(child.errors.lines == ["two"])
  }

  @Test func `a signal ends a program and is told apart from a status`() throws {
    let child = try ChildProcess("sleep", ["600"])
    #expect(child.isRunning)
    child.signal(SIGTERM)
    #expect(child.waitForExit() == .signal(SIGTERM))
    #expect(child.processID == nil)
  }

  @Test func `a program ends with its owner`() throws {
    var child: ChildProcess? = try ChildProcess("sleep", ["600"])
    let processID = try #require(child?.processID)
    child = nil
    #expect(kill(processID, 0) == -1 && errno == ESRCH)
  }

  @Test func `an unknown program is reported by its status`() throws {
    let child = try ChildProcess("no-such-program-anywhere")
    #expect(child.waitForExit() == .status(127))
  }

  @Test func `variables of the bridge are not inherited and given ones arrive`() throws {
    unsafe setenv("MQTT_BRIDGE_INHERITED", "1", 1)
    let child = try ChildProcess("env", environment: ["MQTT_BRIDGE_GIVEN": "2"])
    #expect(child.waitForExit() == .status(0))
    #expect(child.output.lines.filter { $0.hasPrefix("MQTT_") } == ["MQTT_BRIDGE_GIVEN=2"])
  }
}
