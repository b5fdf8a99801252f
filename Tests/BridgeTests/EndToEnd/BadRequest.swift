import Testing

/// One request that the bridge must refuse, and how.
struct BadRequest: Sendable, CustomTestStringConvertible {
  let name: String
  let method: String
  let target: String
  var headers: [String: String] = [:]
  var body: String?
  let status: Int
  let code: String

  var testDescription: String { name }

  init(
    _ name: String, _ method: String, _ target: String, headers: [String: String] = [:],
    body: String? = nil, _ status: Int, _ code: String
  ) {
    self.name = name
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.status = status
    self.code = code
  }

  /// An envelope that is refused.
  init(_ name: String, json: String, _ status: Int, _ code: String) {
    self.init(
      name, "POST", "/publish", headers: ["Content-Type": "application/json"], body: json, status,
      code)
  }

  /// A form that is refused.
  init(_ name: String, form: String, _ status: Int, _ code: String) {
    self.init(
      name, "POST", "/publish", headers: ["Content-Type": "application/x-www-form-urlencoded"],
      body: form, status, code)
  }
}
