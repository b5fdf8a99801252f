import HTTPFront
import JSONText

/// Several publishes of one request, read and not checked yet.
struct PublishBatch {
  /// Each message, or what is wrong with it.
  var items: [Result<PublishDraft, Problem>] = []
  /// What stands before the number of a message in a pointer.
  var pointerPrefix = ""
  /// All messages are stored, or none.
  var isAtomic = true
  /// One bad message keeps all others out.
  var isStrict = true
  /// How long the request waits for the broker, where it says so in the query.
  var wait: Duration?
  private var limits = BatchLimits()

  /// Reads the query, the headers and the body.
  static func read(
    _ request: Request, limits: BatchLimits = BatchLimits()
  ) throws(Problem) -> Self {
    var batch = Self()
    batch.limits = limits
    let fields = try BatchFields(request.head)
    batch.isAtomic = fields.isAtomic
    batch.isStrict = fields.isAtomic
    batch.wait = fields.wait
    try batch.readBody(request)
    guard !batch.items.isEmpty else {
      throw Problem(.emptyBatch, detail: "the batch has no message")
    }
    if let ack = fields.acknowledgement { batch.apply(ack) }
    if let key = fields.idempotencyKey { try IdempotencyKey.spread(key, over: &batch.items) }
    return batch
  }

  private mutating func readBody(_ request: Request) throws(Problem) {
    switch request.head.headers["Content-Type"].map(MediaType.init)?.essence {
    case MediaType.json: try readJSON(request.body)
    case MediaType.ndjson: try readLines(request.body)
    case let type:
      throw Problem(
        .unsupportedMediaType, detail: "a body of type \(type ?? "nothing") is no batch",
        hint: "send application/json with an array, or application/x-ndjson")
    }
  }

  private mutating func readJSON(_ body: [UInt8]) throws(Problem) {
    let node = try FieldText.json(body)
    let nodes: [JSONNode]
    switch node.value {
    case .array(let elements): nodes = elements
    case .object(let members):
      nodes = try Self.messages(members)
      pointerPrefix = "/messages"
    default: throw Self.notABatch
    }
    guard nodes.count <= limits.items else { throw Self.tooMany(limits.items) }
    for node in nodes { append { () throws(Problem) in try PublishParser.parse(node, in: body) } }
  }

  private static func messages(_ members: [JSONMember]) throws(Problem) -> [JSONNode] {
    var messages: [JSONNode]?
    for member in members where !member.name.hasPrefix("x_") {
      guard member.name == "messages" else {
        throw Problem(
          .unknownParameter, detail: "there is no field '\(member.name)' beside 'messages'",
          hint: "atomic, ack and wait are given in the query"
        ).at(Problem.pointer(member.name))
      }
      guard case .array(let elements) = member.node.value else { throw notABatch }
      messages = elements
    }
    guard let messages else { throw notABatch }
    return messages
  }

  /// A line that is no JSON is one bad message, because where the next one begins is known.
  private mutating func readLines(_ body: [UInt8]) throws(Problem) {
    var scanner = NDJSONLines()
    var lines: [NDJSONLines.Line] = []
    scanner.feed(body, into: &lines)
    scanner.finish(into: &lines)
    guard lines.count <= limits.items else { throw Self.tooMany(limits.items) }
    for line in lines {
      append { () throws(Problem) in
        do throws(Problem) {
          return try Self.draft(line, acknowledgement: nil)
        } catch {
          var problem = error
          problem.members.append(.init("line", .integer(line.number)))
          throw problem
        }
      }
    }
  }

  /// The message of one line.
  static func draft(
    _ line: NDJSONLines.Line, acknowledgement: String?
  ) throws(Problem) -> PublishDraft {
    guard !line.isTooLong else {
      throw Problem(.payloadTooLarge, detail: "the line is longer than any message may be")
    }
    let draft = try PublishParser.parse(FieldText.json(line.bytes), in: line.bytes)
    return try acknowledgement.map { ack throws(Problem) in try apply(ack, to: draft) } ?? draft
  }

  private mutating func append(_ read: () throws(Problem) -> PublishDraft) {
    items.append(Result(catching: read))
  }

  /// What the query says of all messages counts for those that say nothing themselves.
  private mutating func apply(_ ack: String) {
    for (index, item) in items.enumerated() {
      guard case .success(let draft) = item else { continue }
      items[index] = Result { () throws(Problem) in try Self.apply(ack, to: draft) }
    }
  }

  private static func apply(_ ack: String, to draft: PublishDraft) throws(Problem) -> PublishDraft {
    guard !draft.isGiven("ack") else { return draft }
    var draft = draft
    _ = try draft.set("ack", ack, .query)
    return draft
  }

  private static var notABatch: Problem {
    Problem(
      .badJSON, detail: "the body must be an array of messages",
      hint: #"for example [{"topic":"a","payload":"1"}], or the same as "messages" of an object"#)
  }

  static func tooMany(_ maximum: Int) -> Problem {
    Problem(
      .batchTooLarge, detail: "a batch has at most \(maximum) messages",
      hint: "lines with atomic=false have no limit, and others the setting batch_items_max",
      members: [.init("max_messages", .integer(maximum))])
  }
}
