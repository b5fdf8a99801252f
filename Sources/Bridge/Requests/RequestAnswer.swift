import EventLoop
import HTTPFront
import MQTTClient

/// The answers to a request, and the frames of one whose replies are written as they come.
enum RequestAnswer {
  /// The reply, or the replies that were wanted together.
  static func response(_ entry: RequestDesk.Entry, at now: Duration) -> Response {
    let elapsed = milliseconds(entry, now)
    var headers: HeaderFields = [
      "Cache-Control": "no-store", "Bridge-Elapsed-Ms": String(elapsed),
    ]
    if let id = entry.receipt?.id { headers.append("Bridge-Message-Id", id.description) }
    guard entry.question.repliesMaximum == 1, let reply = entry.replies.first else {
      var members: [JSONValue.Member] = [
        .init("replies", .array(entry.replies.map { .object(envelope($0)) })),
        .init("complete", .boolean(entry.isComplete)),
        .init("elapsed_ms", .integer(elapsed)),
      ]
      members += known(entry)
      return .json(.object(members), headers: headers)
    }
    guard entry.question.form == .json else { return MessageAnswer.raw(reply, headers) }
    let members = envelope(reply) + [.init("elapsed_ms", .integer(elapsed))]
    return .json(.object(members), headers: headers)
  }

  /// No reply came in time; with what is known of the request.
  static func timeout(_ entry: RequestDesk.Entry) -> Problem {
    Problem(
      .replyTimeout, detail: "no reply came within \(entry.question.timeout.components.seconds) s",
      hint: hint(entry), members: known(entry))
  }

  private static func hint(_ entry: RequestDesk.Entry) -> String? {
    guard let outcome = entry.outcome else { return "the broker has not acknowledged the request" }
    guard outcome.reasonCode == .noMatchingSubscribers else { return nil }
    return "nobody has subscribed to '\(entry.question.draft.topic ?? "")'"
  }

  /// What became of the message of the request so far.
  static func known(_ entry: RequestDesk.Entry) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    if let id = entry.receipt?.id { members.append(.init("id", .string(id.description))) }
    members.append(.init("acked", .boolean(entry.outcome?.state == .acked)))
    if let outcome = entry.outcome { members += PublishResponse.acknowledgement(outcome) }
    return members
  }

  private static func envelope(_ reply: Publish) -> [JSONValue.Member] {
    let json = MessageRenderer.envelope(reply, WallClock.milliseconds(), nil, .auto)
    guard case .object(let members) = json else { return [] }
    return members
  }

  private static func milliseconds(_ entry: RequestDesk.Entry, _ now: Duration) -> Int {
    Int((now - entry.begunAt) / .milliseconds(1))
  }

  /// How the stream of replies begins.
  static func head(_ question: RequestQuestion, heartbeat: Duration) -> StreamHead {
    let isEvents = question.form == .events
    return StreamHead(
      headers: [
        "Content-Type": isEvents ? "text/event-stream; charset=utf-8" : MediaType.ndjson,
        "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no",
      ],
      heartbeat: isEvents ? StreamFrames.heartbeat : Frame("\n"), heartbeatInterval: heartbeat,
      whenBehind: .end(nil))
  }

  /// The first bytes of the stream.
  static func opening(_ question: RequestQuestion) -> Frame {
    question.form == .events ? Frame(": bridge\n\n") : Frame("\n")
  }

  /// One reply.
  static func frame(_ reply: Publish, _ form: RequestQuestion.Form) -> Frame {
    guard form == .lines else {
      return Frame(
        MessageRenderer.render(
          reply, receivedAt: WallClock.milliseconds(), as: Representation()))
    }
    return Frame(JSONValue.object(envelope(reply)).encoded + [UInt8(ascii: "\n")])
  }

  /// The last words: `complete`, `timeout`, or the problem that ended it.
  static func end(_ entry: RequestDesk.Entry, _ problem: Problem?) -> Frame {
    var members: [JSONValue.Member] = [
      .init("reason", .string(entry.isComplete ? "complete" : problem?.code.rawValue ?? "timeout")),
      .init("replies", .integer(entry.replyCount)),
    ]
    members += known(entry)
    if let problem { members.append(.init("problem", problem.json)) }
    members.append(.init("reconnect", .boolean(false)))
    guard entry.question.form == .lines else {
      return Frame(MessageRenderer.control("bridge.close", .object(members)))
    }
    let line = [JSONValue.Member("event", .string("bridge.close"))] + members
    return Frame(JSONValue.object(line).encoded + [UInt8(ascii: "\n")])
  }
}
