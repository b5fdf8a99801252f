import HTTPFront
import JSONText

/// One message of a client on a WebSocket: what it wants, and how it calls that.
struct SocketOperation {
  enum Kind {
    /// The fields of `/subscribe`.
    case subscribe([GivenField])
    case unsubscribe([String])
    case publish(JSONNode)
    case request(JSONNode)
    case acknowledge(subscription: String?, [String])
    case authenticate(String)
    case ping
  }

  /// A message that is no operation.
  struct Invalid: Error {
    let problem: Problem
    let ref: JSONValue?
    /// Whether it would have been a message for the broker.
    var isPublish = false
  }

  static let refBytesMax = 128
  /// How long a publish waits for the broker, in seconds.
  static let waitMaximum = 3600
  private static let names = "subscribe, unsubscribe, publish, request, ack, auth and ping"

  let ref: JSONValue?
  let kind: Kind
  /// The member `wait`: seconds that the caller wants to wait for the broker.
  let wait: Int?

  /// Reads the text of a message.
  init(_ text: [UInt8]) throws(Invalid) {
    let members: [JSONMember]
    let node: JSONNode
    do throws(Problem) {
      node = try FieldText.json(text)
      guard case .object(let all) = node.value else {
        throw Problem(
          .badJSON, detail: "a message must be one JSON object", hint: #"{"op":"ping"}"#)
      }
      members = all
    } catch {
      throw Invalid(problem: error, ref: nil)
    }
    var ref: JSONValue?
    var op = ""
    do throws(Problem) {
      ref = try Self.ref(members)
      let rest = members.filter { $0.name != "op" && $0.name != "ref" }
      op = try Self.text("op", members)
      (kind, wait) = try Self.kind(op, rest, node)
    } catch {
      throw Invalid(problem: error, ref: ref, isPublish: op == "publish" || op == "request")
    }
    self.ref = ref
  }

  private static func ref(_ members: [JSONMember]) throws(Problem) -> JSONValue? {
    guard let member = members.first(where: { $0.name == "ref" }) else { return nil }
    switch member.node.value {
    case .string(let text) where text.utf8.count <= refBytesMax: return .string(text)
    case .number(let text):
      guard let number = Int(text) else { break }
      return .integer(number)
    case .null, .bool, .string, .array, .object: break
    }
    throw Problem(
      .badParameter, detail: "'ref' must be a whole number or a string of at most 128 bytes"
    ).at("/ref")
  }

  private static func text(_ name: String, _ members: [JSONMember]) throws(Problem) -> String {
    guard case .string(let text)? = members.first(where: { $0.name == name })?.node.value else {
      throw Problem(.badParameter, detail: "'\(name)' must be a string").at("/\(name)")
    }
    return text
  }

  private static func kind(
    _ op: String, _ members: [JSONMember], _ node: JSONNode
  ) throws(Problem) -> (Kind, wait: Int?) {
    switch op {
    case "subscribe": return (.subscribe(try SubscribeBody.fields(members)), nil)
    case "unsubscribe":
      try check(members, ["topics"], op)
      return (.unsubscribe(try texts("topics", members)), nil)
    case "publish", "request":
      var wait: Int?
      if op == "publish", let member = members.first(where: { $0.name == "wait" }) {
        guard case .number(let text) = member.node.value else {
          throw Problem(.badParameter, detail: "'wait' must be a number of seconds").at("/wait")
        }
        wait = try FieldText.number("wait", text, 0...waitMaximum)
      }
      let rest = members.filter { $0.name != "wait" || op == "request" }
      let envelope = JSONNode(value: .object(rest), range: node.range)
      return (op == "publish" ? .publish(envelope) : .request(envelope), wait)
    case "ack":
      try check(members, ["id", "ids", "subscription"], op)
      let isNamed = members.contains { $0.name == "subscription" }
      let name = isNamed ? try text("subscription", members) : nil
      let ids = try members.contains { $0.name == "ids" } ? texts("ids", members) : []
      let isOne = members.contains { $0.name == "id" }
      return (.acknowledge(subscription: name, ids + (isOne ? [try text("id", members)] : [])), nil)
    case "auth":
      try check(members, ["token"], op)
      return (.authenticate(try text("token", members)), nil)
    case "ping":
      try check(members, [], op)
      return (.ping, nil)
    default:
      throw Problem(
        .unknownParameter, detail: "there is no 'op' with this name", hint: "there are \(names)"
      ).at("/op")
    }
  }

  private static func texts(_ name: String, _ members: [JSONMember]) throws(Problem) -> [String] {
    guard case .array(let elements)? = members.first(where: { $0.name == name })?.node.value else {
      throw Problem(.badParameter, detail: "'\(name)' must be an array of strings").at("/\(name)")
    }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element.value else {
        throw Problem(.badParameter, detail: "'\(name)' must be an array of strings")
          .at("/\(name)")
      }
      texts.append(text)
    }
    return texts
  }

  private static func check(
    _ members: [JSONMember], _ names: [String], _ op: String
  ) throws(Problem) {
    let unknown = members.first { !names.contains($0.name) && !$0.name.hasPrefix("x_") }
    guard let unknown else { return }
    throw Problem(
      .unknownParameter, detail: "'\(op)' has no member '\(unknown.name)'",
      hint: "its members are \((["op", "ref"] + names).joined(separator: ", "))"
    ).at(Problem.pointer(unknown.name))
  }
}
