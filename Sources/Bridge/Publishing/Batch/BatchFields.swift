import HTTPFront

/// What query and headers say of a batch as a whole.
struct BatchFields {
  /// The parameters of the query.
  static let names = ["ack", "atomic", "wait"]

  private(set) var isAtomic = true
  private(set) var wait: Duration?
  /// For the messages that do not say themselves.
  private(set) var acknowledgement: String?
  private(set) var idempotencyKey: String?

  init(_ head: RequestHead) throws(Problem) {
    var given: Set<String> = []
    for parameter in head.query.parameters {
      let name = try parameter.decodedName()
      let value = try parameter.decodedValue(plus: .space)
      if name.hasPrefix("x_") { continue }
      guard Self.names.contains(name) else {
        throw Problem(
          .unknownParameter, detail: "there is no parameter '\(name)' here",
          hint: "the parameters are \(Self.names.joined(separator: ", ")); a message has the rest")
      }
      guard given.insert(name).inserted else {
        throw Problem(.badParameter, detail: "'\(name)' is given twice")
      }
      try set(name, value)
    }
    try read(head.headers)
  }

  private mutating func set(_ name: String, _ value: String) throws(Problem) {
    switch name {
    case "atomic": isAtomic = try FieldText.flag("atomic", value)
    case "wait": wait = .seconds(try FieldText.number("wait", value, 0...3600))
    default:
      _ = try FieldText.ack(value)
      acknowledgement = value
    }
  }

  private mutating func read(_ headers: HeaderFields) throws(Problem) {
    for header in headers.fields {
      let name = header.name.lowercased()
      guard !name.hasPrefix("mqtt-"), name != "bridge-expires-in" else {
        throw Problem(
          .badHeader, detail: "'\(header.name)' cannot say something of a whole batch",
          hint: "give it in every message")
      }
      guard name == "idempotency-key" else { continue }
      guard idempotencyKey == nil else {
        throw Problem(.badHeader, detail: "'Idempotency-Key' is given twice")
      }
      idempotencyKey = try IdempotencyKey.read(header: header.value)
    }
  }
}
