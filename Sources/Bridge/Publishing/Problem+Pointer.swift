import HTTPFront

/// Where in a JSON body an error is, as `errors` of the problem document tells it. [RFC 6901]
extension Problem {
  /// The place that is told already.
  var pointer: String? {
    guard case .array(let errors)? = members.first(where: { $0.name == "errors" })?.value,
      case .object(let error)? = errors.first,
      case .string(let pointer)? = error.first(where: { $0.name == "pointer" })?.value
    else { return nil }
    return pointer
  }

  /// The same error with its place; one that has a place keeps it.
  func at(_ pointer: String) -> Self {
    guard self.pointer == nil else { return self }
    var problem = self
    problem.members.append(
      .init("errors", .array([.object([.init("pointer", .string(pointer))])])))
    return problem
  }

  /// One name as a part of a pointer.
  static func pointer(_ name: String) -> String {
    "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
