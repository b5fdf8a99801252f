/// One event of an event stream, as a browser would dispatch it.
package struct SSEEvent: Equatable, Sendable {
  /// The event's name; `message` when the stream gave none.
  package var name: String
  package var data: String
  /// The last event identifier at this event, which an event without one leaves as it was.
  package var id: String?

  package init(name: String = "message", data: String, id: String? = nil) {
    self.name = name
    self.data = data
    self.id = id
  }
}

/// Reads an event stream the way a browser does (WHATWG HTML, section 9.2.6).
package final class SSEReader {
  /// The head of the answer that opened the stream.
  package let response: HTTPTestResponse
  /// The comment lines so far, heartbeats included, without their colon.
  package private(set) var comments: [String] = []
  /// The last reconnection time the server asked for, in milliseconds.
  package private(set) var retryMilliseconds: Int?
  package private(set) var lastEventID: String?

  private let connection: HTTPTestConnection
  private var unfinishedLine: [UInt8] = []
  private var lines: [String] = []
  private var name = ""
  private var data: [String] = []
  private var hasEnded = false

  init(response: HTTPTestResponse, connection: HTTPTestConnection) {
    self.response = response
    self.connection = connection
  }

  /// The next event, or nil when the stream has ended; throws when neither came before the deadline.
  package func next(within limit: Duration = .seconds(10)) throws -> SSEEvent? {
    let deadline = Deadline(after: limit)
    while true {
      while !lines.isEmpty {
        if let event = take(lines.removeFirst()) { return event }
      }
      guard !hasEnded else { return nil }
      try readChunk(until: deadline)
    }
  }

  /// The next event of this name; others before it are dropped.
  package func next(
    named name: String, within limit: Duration = .seconds(10)
  ) throws -> SSEEvent? {
    let deadline = Deadline(after: limit)
    while let event = try next(within: .milliseconds(deadline.millisecondsLeft)) {
      if event.name == name { return event }
    }
    return nil
  }

  /// The next so many events named `message`.
  package func messages(_ count: Int, within limit: Duration = .seconds(20)) throws -> [SSEEvent] {
    let deadline = Deadline(after: limit)
    var events: [SSEEvent] = []
    while events.count < count {
      let left = Duration.milliseconds(deadline.millisecondsLeft)
      guard let event = try next(named: "message", within: left) else {
        throw TestFailure("the stream ended after \(events.count) of \(count) messages")
      }
      events.append(event)
    }
    return events
  }

  /// Closes the connection; with `reset` the server sees a reset instead of a clean end.
  package func close(reset: Bool = false) {
    connection.socket.close(reset: reset)
    hasEnded = true
  }

  private func readChunk(until deadline: Deadline) throws {
    guard let chunk = try connection.readChunk(until: deadline) else {
      hasEnded = true
      return
    }
    var parts = (unfinishedLine + chunk).split(separator: 0x0A, omittingEmptySubsequences: false)
    unfinishedLine = parts.popLast().map(Array.init) ?? []
    lines += parts.map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
  }

  /// Uses one line; returns the event that an empty line completes.
  private func take(_ line: String) -> SSEEvent? {
    guard !line.isEmpty else { return dispatch() }
    let colon = line.firstIndex(of: ":") ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == " " { value = value.dropFirst() }
    switch line[..<colon] {
    case "": comments.append(String(value))
    case "event": name = String(value)
    case "data": data.append(String(value))
    case "id": lastEventID = String(value)
    case "retry": retryMilliseconds = Int(value) ?? retryMilliseconds
    default: break
    }
    return nil
  }

  private func dispatch() -> SSEEvent? {
    defer {
      name = ""
      data = []
    }
    guard !data.isEmpty else { return nil }
    return SSEEvent(
      name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"), id: lastEventID)
  }
}
