import Glibc
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  @Suite struct HealthCommandTests {
    private func ask(_ port: UInt16, _ flags: String...) throws -> ChildProcess.Exit? {
      let address = "127.0.0.1:\(port)"
      let process = try ChildProcess(
        RunningProgram.path, ["health", "--admin-listen", address] + flags)
      return process.waitForExit(within: .seconds(20))
    }

    @Test func `the command tells whether a bridge lives and is ready`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      #expect(try ask(bridge.adminPort) == .status(0))
      #expect(try ask(bridge.adminPort, "--ready") == .status(0))
      #expect(try bridge.adminClient.post("/admin/drain", "").status == 202)
      #expect(try ask(bridge.adminPort) == .status(0))
      #expect(try ask(bridge.adminPort, "--ready") == .status(1))
      bridge.kill()
      #expect(try ask(bridge.adminPort) == .status(1))
    }
  }
}
