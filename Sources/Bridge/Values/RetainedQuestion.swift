import Access
import HTTPFront
import MQTTClient

/// What `GET /retained` asks for: a page of retained or last messages.
struct RetainedQuestion: Sendable {
  static let names = ["filter", "topic", "limit", "cursor", "encoding"]
  private static let limitMaximum = 1000

  private(set) var filter: TopicFilter
  private(set) var limit = 100
  /// The last topic of the page before.
  private(set) var cursor: String?
  private(set) var encoding = Representation.Encoding.auto
  let head: RequestHead

  init(_ head: RequestHead) throws(Problem) {
    self.head = head
    var text = "#"
    var given: Set<String> = []
    for (name, value) in try TopicQuestion.parameters(head.query) where !name.hasPrefix("x_") {
      guard given.insert(name == "topic" ? "filter" : name).inserted else {
        throw Problem(.badParameter, detail: "'\(name)' is given twice")
      }
      switch name {
      case "filter", "topic": text = value
      case "limit": limit = try FieldText.number("limit", value, 1...Self.limitMaximum)
      case "cursor":
        guard TopicName.isValid(value) else {
          throw Problem(.badParameter, detail: "'cursor' must be what 'next' was before")
        }
        cursor = value
      case "encoding":
        guard let encoding = Representation.Encoding(rawValue: value) else {
          throw Problem(.badParameter, detail: "'encoding' must be auto, base64 or text")
        }
        self.encoding = encoding
      default:
        throw Problem(
          .unknownParameter, detail: "there is no parameter '\(name)' here",
          hint: "the parameters are \(Self.names.joined(separator: ", "))")
      }
    }
    do throws(TopicFilter.Invalid) {
      filter = try TopicFilter(text)
    } catch {
      throw Problem(.filterInvalid, detail: "'\(text)' is not a topic filter: \(error)")
    }
    guard !filter.isShared else {
      throw Problem(
        .filterInvalid, detail: "a shared subscription gets no retained messages",
        hint: "leave $share/group/ out")
    }
  }

  /// What every topic of the filter begins with.
  var prefix: String {
    let levels = filter.text.split(separator: "/", omittingEmptySubsequences: false)
    let fixed = levels.prefix { $0 != "+" && $0 != "#" }
    return fixed.joined(separator: "/")
  }
}

/// A page of retained messages while they come, in the order of their topics.
struct RetainedPage: Equatable, Sendable {
  /// What a page may hold; what does not fit is on the next one.
  static let bytesMaximum = 4 << 20

  let limit: Int
  let cursor: String?
  /// What the caller may see of the filter; nil is all of it.
  let `guard`: DeliveryGuard?
  private(set) var values: [TopicValue] = []
  /// Whether something is behind the page.
  private(set) var isCut = false
  private var bytes = 0

  init(limit: Int, cursor: String?, guard: DeliveryGuard? = nil) {
    self.`guard` = `guard`
    self.limit = limit
    self.cursor = cursor
  }

  /// Whether topics come in order and there is no room for another one.
  var isFull: Bool { values.count >= limit || bytes >= Self.bytesMaximum }

  /// Takes a value to its place; one that is there already stays.
  mutating func add(_ value: TopicValue) {
    let topic = value.publish.topic
    if let cursor, !Self.precedes(cursor, topic) { return }
    if let denies = `guard`, !denies.allows(topic) { return }
    let place = values.firstIndex { !Self.precedes($0.publish.topic, topic) } ?? values.count
    if place < values.count, values[place].publish.topic == topic { return }
    values.insert(value, at: place)
    bytes += Self.cost(value)
    while values.count > max(limit, 1) || (bytes > Self.bytesMaximum && values.count > 1) {
      bytes -= Self.cost(values.removeLast())
      isCut = true
    }
  }

  /// The page ends here although there is more.
  mutating func cut() { isCut = true }

  func answer(_ question: RetainedQuestion, _ source: TopicValue.Source) -> Response {
    let next = isCut ? values.last.map { JSONValue.string($0.publish.topic) } : nil
    return .json(
      .object([
        .init("messages", .array(values.map { $0.envelope(question.encoding) })),
        .init("next", next ?? .null),
      ]),
      headers: ["Cache-Control": "no-store", "Bridge-Source": source.rawValue])
  }

  private static func cost(_ value: TopicValue) -> Int {
    value.publish.payload.count + value.publish.topic.utf8.count + 128
  }

  /// The order of SQLite: byte by byte.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
