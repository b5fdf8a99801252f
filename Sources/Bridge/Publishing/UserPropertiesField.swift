import HTTPFront
import JSONText
import MQTTClient

/// Reads user properties in the forms that are in use; order and duplicates are kept.
enum UserPropertiesField {
  static func read(_ node: JSONNode) throws(Problem) -> [UserProperty] {
    switch node.value {
    case .object(let members): return try pairs(members)
    case .array(let elements):
      var properties: [UserProperty] = []
      for element in elements {
        switch element.value {
        case .array(let pair) where pair.count == 2:
          properties.append(UserProperty(try text(pair[0]), try text(pair[1])))
        case .object(let members): properties += try pairs(members)
        default: throw problem
        }
      }
      return properties
    default: throw problem
    }
  }

  private static func pairs(_ members: [JSONMember]) throws(Problem) -> [UserProperty] {
    var properties: [UserProperty] = []
    for member in members {
      let name = try FieldText.mqttString("user_properties", member.name)
      guard case .array(let values) = member.node.value else {
        properties.append(UserProperty(name, try text(member.node)))
        continue
      }
      for value in values { properties.append(UserProperty(name, try text(value))) }
    }
    return properties
  }

  private static func text(_ node: JSONNode) throws(Problem) -> String {
    guard case .string(let text) = node.value else { throw problem }
    return try FieldText.mqttString("user_properties", text)
  }

  private static var problem: Problem {
    Problem(
      .badParameter, detail: "'user_properties' must be an array of [name, value] pairs of strings",
      hint: #"for example [["unit","C"],["unit","K"]], or {"unit":["C","K"]}"#)
  }
}
