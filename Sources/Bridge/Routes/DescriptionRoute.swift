import APIDescription
import HTTPFront
import Yams

/// `GET /openapi.yaml` and `/openapi.json`: the description of the interface, as it was when the
/// program was built.
enum DescriptionRoute {
  static let yaml = response("application/yaml", APIDescription.yaml)
  static let json = response("application/json", document.encoded)

  private static func response(_ type: String, _ body: [UInt8]) -> Response {
    Response(
      status: 200, headers: ["Content-Type": type, "Cache-Control": "no-cache"], body: body)
  }

  private static var document: JSONValue {
    let text = String(decoding: APIDescription.yaml, as: UTF8.self)
    guard let node = try? Yams.compose(yaml: text) else {
      preconditionFailure("the description in the program is not YAML")
    }
    return value(node)
  }

  /// The same in JSON; the order of members is kept.
  private static func value(_ node: Node) -> JSONValue {
    switch node {
    case .mapping(let mapping):
      return .object(mapping.map { .init($0.key.string ?? "", value($0.value)) })
    case .sequence(let sequence): return .array(sequence.map(value))
    case .scalar(let scalar):
      guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
      if let boolean = node.bool { return .boolean(boolean) }
      if let integer = node.int { return .integer(integer) }
      return scalar.string == "null" ? .null : .string(scalar.string)
    case .alias: preconditionFailure("the description in the program has an alias")
    }
  }
}
