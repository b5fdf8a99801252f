import HTTPFront
import Testing

@testable import Bridge

/// Where a reader of the log begins.
@Suite struct StreamStartFieldsTests {
  private static let now: Int64 = 1_790_071_872_345
  private static let id = EventID(epoch: "k3f9x", sequence: 7, time: 35)

  private static func start(
    header: String? = nil, lastEventID: String? = nil, since: String? = nil, rewind: String? = nil
  ) throws(Problem) -> StreamStart {
    var fields = StreamStartFields()
    if let lastEventID { fields.set(lastEventID: lastEventID) }
    if let since { fields.set(since: since) }
    if let rewind { try fields.set(rewind: rewind) }
    return try fields.start(header: header, at: now)
  }

  private static func refusal(
    header: String? = nil, lastEventID: String? = nil, since: String? = nil, rewind: String? = nil
  ) -> ProblemCode? {
    do throws(Problem) {
      _ = try start(header: header, lastEventID: lastEventID, since: since, rewind: rewind)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `without any field a stream begins live`() throws {
    #expect(try Self.start() == .live)
    #expect(try Self.start(header: "") == .live)
    #expect(try Self.start(lastEventID: "") == .live)
    #expect(try Self.start(since: "") == .live)
    #expect(try Self.start(since: "none") == .live)
    #expect(try Self.start(rewind: "0") == .live)
  }

  @Test func `a stream begins behind the event that it names`() throws {
    #expect(try Self.start(header: "k3f9x-7-z") == .after(Self.id))
    #expect(try Self.start(lastEventID: "k3f9x-7-z") == .after(Self.id))
    #expect(try Self.start(since: "k3f9x-7-z") == .after(Self.id))
  }

  @Test func `a stream can begin with the oldest event`() throws {
    #expect(try Self.start(header: "earliest") == .earliest)
    #expect(try Self.start(lastEventID: "earliest") == .earliest)
    #expect(try Self.start(since: "earliest") == .earliest)
    #expect(try Self.start(since: "all") == .earliest)
  }

  @Test func `the header wins over everything in the URL`() throws {
    #expect(try Self.start(header: "k3f9x-7-z", lastEventID: "earliest") == .after(Self.id))
    #expect(try Self.start(header: "k3f9x-7-z", since: "10m") == .after(Self.id))
    #expect(try Self.start(header: "earliest", rewind: "5") == .earliest)
    #expect(
      try Self.start(header: "k3f9x-7-z", lastEventID: "x", since: "10m", rewind: "5")
        == .after(Self.id))
    #expect(try Self.start(header: "", since: "all") == .earliest)
  }

  @Test(arguments: [
    ("10m", now - 600_000), ("1500ms", now - 1500), ("0s", now), ("24h", now - 86_400_000),
    ("3650d", now - 3650 * 86_400_000), ("0", 0), ("1790071872", 1_790_071_872_000),
    ("1099511627775", 1_099_511_627_775_000), ("2026-09-22T10:11:12.345Z", now),
    ("2026-09-22t12:11:12.345+02:00", now), ("1969-12-31T23:59:59Z", -1000),
  ])
  func `a time has several forms`(text: String, milliseconds: Int64) throws {
    #expect(try Self.start(since: text) == .since(milliseconds))
    #expect(StreamStartFields.time(text, at: Self.now) == milliseconds)
  }

  @Test(arguments: [
    "x", "-1", "+1", "1.5", "10 m", "m", "3651d", "1099511627776", "99999999999999999999", "10w",
    "yesterday", "2026-09-22", "2026-02-30T00:00:00Z", "٣", "k3f9x-07-z", "All", "NONE", " ",
  ])
  func `what is no time and no id is refused`(text: String) {
    #expect(Self.refusal(since: text) == .badParameter)
  }

  @Test(arguments: ["", " ", "none", "all", "k3f9x-7-z"])
  func `the last moment of a page is a time only`(text: String) {
    #expect(StreamStartFields.time(text, at: Self.now) == nil)
  }

  @Test(arguments: [
    "x", "7", "k3f9x-7", "k3f9x-7-z-1", "Earliest", "k3f9x-07-z", "all", "none", " ",
  ])
  func `what is no id is refused where an id must stand`(text: String) {
    #expect(Self.refusal(header: text) == .badEventID)
    #expect(Self.refusal(lastEventID: text) == .badEventID)
  }

  @Test func `the fields of the URL exclude each other`() {
    #expect(Self.refusal(lastEventID: "k3f9x-7-z", since: "10m") == .badParameter)
    #expect(Self.refusal(lastEventID: "k3f9x-7-z", rewind: "1") == .badParameter)
    #expect(Self.refusal(since: "10m", rewind: "1") == .badParameter)
    #expect(Self.refusal(lastEventID: "", since: "", rewind: "0") == .badParameter)
  }

  @Test func `a stream can begin with the newest messages`() throws {
    #expect(try Self.start(rewind: "1") == .newest(1))
    #expect(try Self.start(rewind: "10000") == .newest(10_000))
    for text in ["10001", "-1", "+1", "x", "", "1.0"] {
      #expect(Self.refusal(rewind: text) == .badParameter)
    }
  }
}
