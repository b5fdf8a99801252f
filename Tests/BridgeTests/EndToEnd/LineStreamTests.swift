import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Streams of newline-delimited JSON.
  @Suite struct LineStreamTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    /// Opens a stream, which must begin with `bridge.open`.
    private func open(
      _ query: String, after id: String? = nil, of other: RunningProgram? = nil
    ) throws -> (reader: LineReader, opening: JSONObject) {
      let headers = id.map { [("Last-Event-ID", $0)] } ?? []
      let reader = try (other ?? bridge).client.lines("/subscribe?" + query, headers: headers)
      guard let line = try reader.next() else { throw TestFailure("the stream is empty") }
      let opening = try JSONObject(line)
      guard opening.string("event") == "bridge.open" else { throw TestFailure(line) }
      return (reader, opening)
    }

    private func next(_ reader: LineReader) throws -> JSONObject {
      try JSONObject(#require(try reader.next(within: .seconds(20))))
    }

    @Test func `lines begin with an empty one and bridge.open, and are the data of events`() throws
    {
      let (reader, opening) = try open("topic=l/%23&qos=2")
      #expect(reader.response.status == 200)
      #expect(reader.response.header("content-type") == "application/x-ndjson")
      #expect(reader.response.header("cache-control") == "no-store, no-transform")
      #expect(reader.emptyCount == 1)
      #expect(opening.string("connection") == reader.response.header("bridge-connection-id"))
      #expect(opening.objects("subscriptions").map { $0.integer("granted_qos") } == [2])
      let events = try bridge.open("topic=l/%23&qos=2").reader
      try bridge.publish("a\r\nb\u{0}c", to: "l/1")
      let line = try #require(try reader.next())
      #expect(try line == events.messages(1).first?.data)
      #expect(try JSONObject(line).string("payload") == "a\r\nb\u{0}c")
    }

    @Test func `the format can stand in the query, and is named in the head`() throws {
      let client = bridge.client
      let head = try client.request("HEAD", "/subscribe?topic=a&format=ndjson")
      #expect(head.header("content-type") == "application/x-ndjson")
      #expect(head.header("accept-query") == "application/json, application/x-www-form-urlencoded")
      let none = try client.get("/subscribe?topic=a", headers: [("Accept", "text/html")])
      #expect(none.status == 406)
    }

    @Test func `lines resume behind an id, in a replay and then live`() throws {
      let (first, _) = try open("topic=r/%23")
      try bridge.publish("1", to: "r/a")
      let id = try #require(try next(first).string("id"))
      for number in 2...300 { try bridge.publish("\(number)", to: "r/a") }
      let (second, opening) = try open("topic=r/%23", after: id)
      #expect(opening.boolean("resumed") == true && opening.string("from") == id)
      try bridge.publish("301", to: "r/a")
      for number in 2...301 { #expect(try next(second).string("payload") == "\(number)") }
    }

    @Test func `what is lost, and the end, are told in lines`() throws {
      let (reader, _) = try open("topic=g/%23")
      let sse = try bridge.open("topic=g/%23").reader
      try broker.restart()
      let gap = try next(reader)
      #expect(gap.string("event") == "bridge.gap")
      #expect(gap.string("reason") == "broker_connection_lost")
      let other = try #require(try sse.next(within: .seconds(20)))
      #expect(other.name == "bridge.gap" && other.id == gap.string("id"))
      bridge.process.signal(SIGTERM)
      let close = try next(reader)
      #expect(close.string("event") == "bridge.close")
      #expect(close.string("reason") == "draining" && close.boolean("reconnect") == true)
      #expect((2000...6000).contains(close.integer("retry") ?? 0))
      #expect(try reader.next() == nil)
    }

    @Test func `a slow reader of lines is told how many it missed`() throws {
      let bridge = try RunningProgram(broker, flags: ["--ring-bytes", "1MiB"])
      let (reader, _) = try open("topic=s&policy=drop_oldest&envelope=none", of: bridge)
      let filler = String(repeating: "x", count: 512 * 1024)
      for number in 0..<40 { try bridge.publish("\(number) \(filler)", to: "s") }
      try bridge.publish("end", to: "s")
      var (received, missed) = (0, 0)
      while let line = try reader.next(within: .seconds(20)), line != "\"end\"" {
        if line.hasPrefix("{") {
          let gap = try JSONObject(line)
          #expect(gap.string("event") == "bridge.gap" && gap.boolean("exact") == true)
          missed += gap.integer("missed") ?? 0
        } else {
          #expect(line.hasPrefix("\"\(received + missed) "))
          received += 1
        }
      }
      #expect(missed > 0 && received + missed == 40)
    }

    @Test func `a slow reader of lines gets everything from the log`() throws {
      let bridge = try RunningProgram(broker, flags: ["--ring-bytes", "1MiB"])
      let (reader, _) = try open("topic=s&envelope=none", of: bridge)
      let filler = String(repeating: "x", count: 512 * 1024)
      for number in 0..<40 { try bridge.publish("\(number) \(filler)", to: "s") }
      for number in 0..<40 {
        #expect(try reader.next(within: .seconds(20))?.hasPrefix("\"\(number) ") == true)
      }
    }

    @Test func `a silent stream of lines is kept alive, and an event tells where it is`() throws {
      let (empty, _) = try open("topic=h/1&heartbeat=5")
      let events = try bridge.client.lines(
        "/subscribe?topic=h/1&heartbeat=5&heartbeat_style=event")
      #expect(try events.next() == #"{"event":"bridge.heartbeat"}"#)
      #expect(try next(events).string("event") == "bridge.open")
      #expect(events.emptyCount == 0)
      // Another topic moves the log on, so that the heartbeat has something to tell.
      let mover = try bridge.open("topic=h/2").reader
      try bridge.publish("x", to: "h/2")
      let id = try #require(try mover.messages(1).first?.id)
      let beat = try next(events)
      #expect(beat.string("event") == "bridge.heartbeat" && beat.string("id") == id)
      try bridge.publish("x", to: "h/1")
      #expect(try next(empty).string("payload") == "x")
      #expect(empty.emptyCount == 2)
    }

    @Test func `a named subscription is consumed in lines, and taken over`() throws {
      try bridge.subscribe("lines", #"{"topics":["n/#"]}"#)
      let (first, _) = try open("subscription=lines")
      try bridge.publish("1", to: "n/1")
      #expect(try next(first).string("payload") == "1")
      let (second, _) = try open("subscription=lines&takeover=true")
      let close = try next(first)
      #expect(close.string("event") == "bridge.close" && close.string("reason") == "taken_over")
      #expect(try next(second).string("payload") == "1")
    }
  }
}
