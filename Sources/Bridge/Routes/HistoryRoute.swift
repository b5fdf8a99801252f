import Access
import EventLoop
import HTTPFront
import MQTTClient
import Store

/// `GET /history`: a page of stored messages, read on the thread of the log's readers.
final class HistoryRoute: Sendable {
  /// A page ends after so many events even when few of them matched; `next` goes on behind them.
  private static let rowsMax = 50_000
  private static let bytesMax = 4 << 20

  private let wiring: Wiring
  private let resolver: ReplayResolver

  init(_ wiring: Wiring, _ resolver: ReplayResolver) {
    self.wiring = wiring
    self.resolver = resolver
  }

  func read(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    var question = try HistoryQuestion(request.head.query, at: WallClock.milliseconds())
    question.guard = try pass.checkRead(question.filters)
    let asked = question
    let isTaken = wiring.store?.read { [self] reader in
      let response = answer(asked, request, reader)
      wiring.server?.answer(request.id, with: response)
    }
    guard isTaken == true else { throw Problem(.storeBusy, headers: ["Retry-After": "1"]) }
    return .park(deadline: nil)
  }

  private func answer(_ question: HistoryQuestion, _ request: Request, _ reader: EventReader)
    -> Response
  {
    do throws(StoreError) {
      let stream = StreamRequest(
        stream: request.id.stream, filters: question.filters, maximumQoS: .exactlyOnce,
        wantsRetained: false, representation: Representation(), start: question.start)
      let start = try resolver.resolve(stream, reader)
      let bounds = reader.bounds
      var end = bounds.last
      if let until = question.until { end = min(end, try reader.position(before: until + 1)) }
      var messages: [JSONValue] = []
      var cursor = start.cursor
      var bytes = 0
      if cursor.sequence < end {
        let last = try reader.scan(
          after: cursor.sequence, through: end, rowsMax: Self.rowsMax
        ) { row in
          guard messages.count < question.limit, bytes < Self.bytesMax else { return false }
          cursor = LoggedEvent(sequence: row.sequence, time: row.time)
          guard let message = message(row, question) else { return true }
          bytes += row.topic.utf8.count + 128 + message.size
          messages.append(message.json)
          return true
        }
        if last > cursor.sequence { cursor = LoggedEvent(sequence: last, time: cursor.time) }
      }
      return page(messages, start, cursor, isEnd: cursor.sequence >= end)
    } catch {
      return Problem(.storeBusy, detail: "\(error)", headers: ["Retry-After": "1"])
        .response(to: request.head)
    }
  }

  private func message(
    _ row: EventRow, _ question: HistoryQuestion
  ) -> (json: JSONValue, size: Int)? {
    guard question.guard?.allows(row.topic) ?? true,
      let publish = row.message(countingFor: question.filters)
    else { return nil }
    let id = EventID(epoch: resolver.epoch, sequence: row.sequence, time: row.time)
    let json = MessageRenderer.envelope(publish, row.time, id.description, question.encoding)
    return (json, publish.payload.count)
  }

  private func page(
    _ messages: [JSONValue], _ start: ReplayStart, _ cursor: LoggedEvent, isEnd: Bool
  ) -> Response {
    let id = EventID(epoch: resolver.epoch, sequence: cursor.sequence, time: cursor.time)
    var members: [JSONValue.Member] = [
      .init("messages", .array(messages)),
      .init("last_event_id", .string(id.description)),
      .init("next", isEnd ? .null : .string(id.description)),
    ]
    if !start.gaps.isEmpty {
      members.append(.init("gaps", .array(start.gaps.map { .object($0.members) })))
    }
    return .json(.object(members), headers: ["Cache-Control": "no-store"])
  }
}
