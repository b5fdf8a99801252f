import EventLoop
import Logging
import Testing

@testable import Bridge

@Suite struct LogLineTests {
  private static let time = "2026-09-22T10:11:12.345Z"

  private func line(
    _ formatter: some LogFormatter, _ message: String, _ metadata: Logger.Metadata = [:]
  ) -> String {
    formatter.line(.info, message, metadata, label: "test", timestamp: Self.time)
  }

  @Test func `a text line has time, level, message and sorted values`() {
    let text = line(TextLogFormatter(), "link up", ["b": "two words", "a": "1"])
    #expect(text == "\(Self.time) info     link up a=1 b=\"two words\"\n")
  }

  @Test func `a JSON line is one object`() {
    let text = line(JSONLogFormatter(), "link up", ["b": "x", "message": "other"])
    let expected =
      #"{"time":"2026-09-22T10:11:12.345Z","level":"info","logger":"test","message":"link up","#
      + #""b":"x","message_":"other"}"# + "\n"
    #expect(text == expected)
  }

  @Test(arguments: ["a\nb", "a\r\u{1B}[31m", "\u{0}", "\"", "\\", "\u{202E}"])
  func `no value can forge a second line or steer a terminal`(value: String) {
    for text in [
      line(TextLogFormatter(), value, ["k": "\(value)"]),
      line(JSONLogFormatter(), value, ["k": "\(value)"]),
    ] {
      #expect(text.filter(\.isNewline).count == 1 && text.last == "\n")
      #expect(!text.unicodeScalars.contains("\u{1B}") && !text.unicodeScalars.contains("\u{0}"))
    }
  }

  @Test func `the format follows the setting and else the terminal`() {
    #expect(ProcessLogging.formatter(.auto, isTerminal: true) is TextLogFormatter)
    #expect(ProcessLogging.formatter(.auto, isTerminal: false) is JSONLogFormatter)
    #expect(ProcessLogging.formatter(.text, isTerminal: false) is TextLogFormatter)
    #expect(ProcessLogging.formatter(.json, isTerminal: true) is JSONLogFormatter)
  }

  @Test func `a logger's values are in its lines and levels below are left out`() {
    let lines = Locked<[String]>([])
    var logger = Logger(label: "test") { label in
      LineLogHandler(label: label, level: LogLevel(.info), formatter: TextLogFormatter()) { line in
        lines.withLock { $0.append(line) }
      }
    }
    logger[metadataKey: LogKey.broker] = "b"
    logger.debug("not this")
    logger.info("this", metadata: [LogKey.count: "2"])
    let found = lines.withLock { $0 }
    #expect(found.count == 1)
    #expect(found.first?.hasSuffix("this broker=b count=2\n") == true)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_827_696_789, "2000-02-29T12:34:56.789Z"),
    (1_790_072_472_345, "2026-09-22T10:21:12.345Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
  ])
  func `timestamps are RFC 3339 with milliseconds`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
  }
}
