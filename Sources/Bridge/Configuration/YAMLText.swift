import HTTPFront
import Yams

/// YAML as the JSON that says the same, for what is read as JSON.
enum YAMLText {
  /// Nil for what is not one YAML document, and for what JSON cannot say.
  static func json(of text: String) -> [UInt8]? {
    guard let root = try? Yams.compose(yaml: text) else { return nil }
    return value(of: root, depth: 0)?.encoded
  }

  private static func value(of node: Node, depth: Int) -> JSONValue? {
    guard depth < 32 else { return nil }
    switch node {
    case .scalar:
      if node.null != nil { return .null }
      if let flag = node.bool { return .boolean(flag) }
      if let number = node.int { return .integer(number) }
      return node.string.map { .string($0) }
    case .sequence(let sequence):
      var values: [JSONValue] = []
      for element in sequence {
        guard let value = value(of: element, depth: depth + 1) else { return nil }
        values.append(value)
      }
      return .array(values)
    case .mapping(let mapping):
      var members: [JSONValue.Member] = []
      for (key, element) in mapping {
        guard let name = key.string, let value = value(of: element, depth: depth + 1) else {
          return nil
        }
        members.append(.init(name, value))
      }
      return .object(members)
    case .alias: return nil
    }
  }
}
