import Foundation
import TestSupport

/// A JSON object that a test looks into; nil stands for absent and for another type.
struct JSONObject {
  let members: [String: Any]

  init(_ text: String) throws {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let members = value as? [String: Any] else {
      throw TestFailure("not a JSON object: \(text)")
    }
    self.members = members
  }

  private init(members: [String: Any]) { self.members = members }

  func string(_ name: String) -> String? { members[name] as? String }
  func integer(_ name: String) -> Int? { members[name] as? Int }
  func boolean(_ name: String) -> Bool? { members[name] as? Bool }
  func has(_ name: String) -> Bool { members[name] != nil }

  func object(_ name: String) -> Self? {
    (members[name] as? [String: Any]).map { Self(members: $0) }
  }

  func objects(_ name: String) -> [Self] {
    (members[name] as? [[String: Any]] ?? []).map { Self(members: $0) }
  }

  func texts(_ name: String) -> [String]? { members[name] as? [String] }

  func pairs(_ name: String) -> [[String]]? { members[name] as? [[String]] }
}

extension HTTPTestResponse {
  var json: JSONObject {
    get throws { try JSONObject(text) }
  }
}

extension SSEEvent {
  var json: JSONObject {
    get throws { try JSONObject(data) }
  }
}
