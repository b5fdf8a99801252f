import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The program as users start it.
@Suite struct CommandLineTests {
  /// The built program stands beside the test program.
  private var program: String {
    let tests = ProcessInfo.processInfo.arguments.first ?? ""
    let folder = tests.split(separator: "/", omittingEmptySubsequences: false)
    let build = folder.firstIndex { $0.hasSuffix(".xctest") } ?? folder.count - 1
    return folder[..<build].joined(separator: "/") + "/mqtt-bridge"
  }

  @Test func `the version and the help are printed`() throws {
    let version = try ChildProcess(program, ["--version"])
    #expect(version.waitForExit() == .status(0))
    #expect(version.output.lines.first?.hasPrefix("mqtt-bridge ") == true)
    let help = try ChildProcess(program, ["--help"])
    #expect(help.waitForExit() == .status(0))
    #expect(help.output.text.contains("TIME is") && help.output.text.contains("SIZE is"))
  }

  @Test func `check-config prints the values in effect and hides the password`() throws {
    let check = try ChildProcess(
      program, ["check-config", "--streams", "5"],
      environment: ["MQTT_BRIDGE_PASSWORD": "hunter2", "MQTT_BRIDGE_USERNAME": "me"])
    #expect(check.waitForExit() == .status(0))
    #expect(check.output.lines.contains("streams: 5  # --streams"))
    #expect(check.output.lines.contains("username: me  # MQTT_BRIDGE_USERNAME"))
    #expect(!check.output.text.contains("hunter2"))
  }

  @Test func `a wrong configuration ends with every problem on a line of its own`() throws {
    let serve = try ChildProcess(
      program, ["--listen", "0.0.0.0:8080"], environment: ["MQTT_BRIDGE_FOO": "1"])
    #expect(serve.waitForExit() == .status(78))
    #expect(serve.errors.lines.count == 2)
    #expect(serve.errors.lines.allSatisfy { $0.hasPrefix("mqtt-bridge: ") })
    #expect(serve.output.lines.isEmpty)
  }

  @Test func `an unknown flag is refused`() throws {
    let serve = try ChildProcess(program, ["--no-such-flag"])
    #expect(serve.waitForExit() == .status(64))
  }
}
