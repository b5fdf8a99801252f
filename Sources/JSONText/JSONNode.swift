/// One JSON value, and where it stands in the text it was read from.
///
/// The place is kept because a payload is published as the exact text the client wrote: no number
/// is reformatted and no space removed.
package struct JSONNode: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case null
    case bool(Bool)
    /// Its text, as it stands in the source.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])
  }

  package let value: Value
  package let range: Range<Int>

  package init(value: Value, range: Range<Int>) {
    self.value = value
    self.range = range
  }

  package var isNull: Bool { value == .null }
}

/// One name and value of a JSON object, in the order of the text.
package struct JSONMember: Equatable, Sendable {
  package let name: String
  package let node: JSONNode
}

/// Why a text is not JSON, and at which byte.
package struct JSONError: Error, Equatable {
  package enum Reason: String, Sendable {
    case unexpectedEnd = "the text ends too early"
    case unexpectedByte = "unexpected character"
    case badNumber = "not a number"
    case badEscape = "bad escape in a string"
    case controlCharacter = "unescaped control character in a string"
    case notUTF8 = "a string is not UTF-8"
    case loneSurrogate = "half of a surrogate pair"
    case duplicateName = "a name occurs twice in one object"
    case tooDeep = "nested too deeply"
    case trailingText = "text after the value"
  }

  package let reason: Reason
  package let offset: Int
}
