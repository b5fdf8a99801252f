import EventLoop
import Logging
import MQTTClient
import Testing

@testable import Bridge

@Suite struct ObserverTests {
  /// The lines for the operator that an observer writes.
  private func lines(_ level: Logger.Level = .info, _ body: (Observer) -> Void) -> [String] {
    let lines = Locked<[String]>([])
    let logger = Logger(label: "test") { label in
      LineLogHandler(label: label, level: LogLevel(level), formatter: JSONLogFormatter()) { line in
        lines.withLock { $0.append(line) }
      }
    }
    body(Observer(logger))
    return lines.withLock { $0 }
  }

  @Test func `servers that the broker names are in a line`() throws {
    let servers = ["other.example:1884", "mqtts://[::1]"].compactMap { ServerReference($0) }
    let found = lines {
      $0.brokerReferred(to: servers)
      $0.brokerRedirected(to: [])
    }
    #expect(found.count == 2)
    #expect(found.first?.contains(#""servers":"other.example:1884, mqtts://[::1]""#) == true)
  }

  @Test func `a broker that sends more than was offered is named with the numbers`() {
    let found = lines { $0.receiveMaximumExceeded(by: 7, maximum: 1024) }
    #expect(found.count == 1)
    #expect(found.first?.contains(#""level":"warning""#) == true)
    #expect(found.first?.contains(#""count":"7""#) == true, "\(found)")
    #expect(found.first?.contains(#""receive_maximum":"1024""#) == true)
  }

  @Test func `attempts and challenges are for debugging, failures for the operator`() {
    let events: (Observer) -> Void = {
      $0.brokerAttempt(3)
      $0.authentication(.challenged)
      $0.authentication(.failed(.connection, .timedOut))
    }
    let found = lines(.info, events)
    #expect(found.count == 1)
    #expect(found.first?.contains("the authentication took too long") == true)
    #expect(lines(.debug, events).count == 3)
  }
}
