/// The parameters of a query string or of a form body, undecoded, in order, repeats kept.
///
/// The value of a parameter is decoded when it is asked for, because what a `+` in it means
/// depends on the parameter. libmicrohttpd's own parser is not used: it turns every `+` into a
/// space before anybody can object, and stops at an encoded NUL.
package struct Query: Equatable, Sendable {
  package struct Parameter: Equatable, Sendable {
    package let rawName: ArraySlice<UInt8>
    package let rawValue: ArraySlice<UInt8>

    package var name: String {
      get throws(PercentDecodingError) { try PercentDecoding.decode(rawName, plus: .space) }
    }

    package func value(
      plus: PercentDecoding.Plus = .space
    ) throws(PercentDecodingError) -> String {
      try PercentDecoding.decode(rawValue, plus: plus)
    }
  }

  package let parameters: [Parameter]

  package init() { parameters = [] }

  /// Splits `name=value&name=value`; a part without `=` is a name with an empty value.
  package init(raw: some Collection<UInt8>) {
    // The parameters share one copy of the text.
    var rest = Array(raw)[...]
    guard !rest.isEmpty else {
      parameters = []
      return
    }
    var parameters: [Parameter] = []
    parameters.reserveCapacity(Self.usualCount)
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "&")) ?? rest.endIndex
      let part = rest[..<end]
      rest = rest[end...].dropFirst()
      guard !part.isEmpty else { continue }
      let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? end
      parameters.append(
        Parameter(rawName: part[..<equals], rawValue: part[equals...].dropFirst()))
    }
    self.parameters = parameters
  }

  /// As many as most requests have.
  private static let usualCount = 4

  package var isEmpty: Bool { parameters.isEmpty }

  /// Every parameter of this name; those whose name cannot be decoded have no name.
  package func all(_ name: String) -> [Parameter] {
    parameters.filter { Self.isNamed($0, name) }
  }

  package func first(_ name: String) -> Parameter? {
    parameters.first { Self.isNamed($0, name) }
  }

  private static func isNamed(_ parameter: Parameter, _ name: String) -> Bool {
    if parameter.rawName.elementsEqual(name.utf8) { return true }
    guard parameter.rawName.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") })
    else { return false }
    return (try? parameter.name) == name
  }
}
