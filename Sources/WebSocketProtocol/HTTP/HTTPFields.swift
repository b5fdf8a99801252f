/// One header field of an HTTP message; descriptions leave out its value, which may be a secret.
package struct HTTPField: Equatable, Sendable {
  package let name: String
  package let value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension HTTPField: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "\(name): …" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// The header fields of an HTTP message in their order; names count without regard to case.
package struct HTTPFields: Equatable, Sendable, ExpressibleByArrayLiteral {
  package private(set) var all: [HTTPField]

  package init(_ fields: [HTTPField] = []) { all = fields }

  package init(arrayLiteral elements: HTTPField...) { all = elements }

  package mutating func append(_ name: String, _ value: String) {
    all.append(HTTPField(name, value))
  }

  /// The value of the first field of this name.
  package subscript(_ name: String) -> String? { values(name).first }

  /// The values of all fields of this name.
  package func values(_ name: String) -> [String] {
    all.filter { $0.name.isSameHTTPToken(as: name) }.map(\.value)
  }

  /// Whether the comma-separated list of this name has the token in any case.
  package func list(_ name: String, has token: String) -> Bool {
    listElements(name).contains { $0.isSameHTTPToken(as: token) }
  }

  /// The elements of a comma-separated list, which may be spread over several fields.
  ///
  /// Only for lists without quoted strings. [RFC 9110, 5.6.1]
  package func listElements(_ name: String) -> [Substring] {
    values(name).flatMap { $0.split(separator: ",") }.map(\.trimmedOfHTTPSpace)
      .filter { !$0.isEmpty }
  }
}

extension StringProtocol {
  /// Equal but for the case of ASCII letters.
  package func isSameHTTPToken(as other: some StringProtocol) -> Bool {
    utf8.elementsEqual(other.utf8) { $0.lowercasedASCII == $1.lowercasedASCII }
  }
}

extension Substring {
  /// Without spaces and tabs at both ends.
  package var trimmedOfHTTPSpace: Substring {
    var rest = self.drop { $0 == " " || $0 == "\t" }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return rest
  }
}

extension UInt8 {
  var lowercasedASCII: UInt8 { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self }

  /// What a field name, a method or another token consists of. [RFC 9110, 5.6.2]
  var isHTTPTokenByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
  }

  /// What a field value may consist of: no control characters but the tab. [RFC 9110, 5.5]
  var isHTTPValueByte: Bool { self == 0x09 || (self >= 0x20 && self != 0x7F) }
}
