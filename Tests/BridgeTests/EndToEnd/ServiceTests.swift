import EventLoop
import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// The bridge as a service of a service manager that wants to be told.
  @Suite struct ServiceTests {
    @Test func `the service manager hears of start, reload, the broker and the end`() throws {
      let directory = try TemporaryDirectory()
      let listener = try DatagramListener(directory.file("notify"))
      let broker = try Mosquitto()
      let bridge = try RunningProgram(
        broker: broker.url,
        environment: ["NOTIFY_SOCKET": directory.file("notify"), "WATCHDOG_USEC": "1000000"])
      let ready = try #require(listener.next())
      #expect(ready.first == "READY=1")
      #expect(ready.last?.hasPrefix("STATUS=ready, broker ") == true)
      // It may have been quicker than the first notice.
      let connected = "STATUS=ready, broker connected"
      #expect(ready.contains(connected) || listener.next(having: connected) != nil)
      #expect(listener.next(having: "WATCHDOG=1") != nil)
      #expect(listener.next(having: "WATCHDOG=1") != nil)

      let before = MonotonicClock.now()
      bridge.process.signal(SIGHUP)
      let reloading = try #require(listener.next(having: "RELOADING=1"))
      let stamp = try #require(reloading.last?.split(separator: "=").last.flatMap { Int64($0) })
      #expect(Duration.microseconds(stamp) > before - .milliseconds(1))
      #expect(Duration.microseconds(stamp) < MonotonicClock.now() + .milliseconds(1))
      #expect(listener.next(having: "READY=1") != nil)

      #expect(try bridge.adminClient.post("/admin/drain", "").status == 202)
      #expect(listener.next(having: "STATUS=not ready: draining") != nil)

      bridge.process.signal(SIGTERM)
      let stopping = try #require(listener.next(having: "STOPPING=1"))
      #expect(stopping.contains("EXTEND_TIMEOUT_USEC=20000000"))
      #expect(bridge.process.waitForExit(within: .seconds(20)) == .status(0))
    }

    @Test func `a bridge that cannot start is not ready`() throws {
      let directory = try TemporaryDirectory()
      let listener = try DatagramListener(directory.file("notify"))
      let broker = try Mosquitto()
      let program = try ChildProcess(
        RunningProgram.path,
        ["--listen", "127.0.0.1:\(broker.port)", "--admin-listen", "127.0.0.1:0"]
          + ["--data", directory.file("store")],
        environment: ["NOTIFY_SOCKET": directory.file("notify")])
      #expect(program.waitForExit() == .status(69))
      #expect(listener.next(within: .zero) == nil)
    }

    @Test func `a connection that is used again while the bridge stops gets an answer`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let deadline = Deadline(after: .seconds(20))
      let request = "POST /publish?topic=a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
      let connections = try (0..<4).map { _ in
        HTTPTestConnection(try LoopbackSocket(port: bridge.port))
      }
      for connection in connections {
        try connection.socket.send(request)
        let first = try connection.readHead(until: deadline)
        #expect(first.status == 200)
        _ = try connection.readBody(of: first, until: deadline)
      }
      bridge.process.signal(SIGTERM)
      // From here on nobody new is let in.
      #expect(
        eventually { (try? LoopbackSocket(port: bridge.port)) == nil })
      for connection in connections {
        try connection.socket.send(request)
        let answer = try connection.readHead(until: deadline)
        #expect(answer.status == 503)
        #expect(answer.header("connection")?.lowercased() == "close")
        let body = try connection.readBody(of: answer, until: deadline)
        let problem = try JSONObject(String(decoding: body, as: UTF8.self))
        #expect(problem.string("code") == "draining")
        #expect(problem.boolean("kept") == false)
      }
      #expect(bridge.process.waitForExit(within: .seconds(20)) == .status(0))
    }
  }
}
