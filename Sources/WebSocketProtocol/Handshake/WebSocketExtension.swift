/// One element of `Sec-WebSocket-Extensions`: a name with parameters. [RFC 6455, 9.1]
struct WebSocketExtension: Equatable, Sendable {
  struct Parameter: Equatable, Sendable {
    let name: String
    let value: String?
  }

  let name: String
  let parameters: [Parameter]

  /// Reads the elements of all fields; nil when one is malformed.
  static func all(in fields: [String]) -> [WebSocketExtension]? {
    var all: [WebSocketExtension] = []
    for field in fields {
      var scanner = Scanner(rest: Array(field.utf8)[...])
      repeat {
        guard let element = scanner.element() else { return nil }
        all.append(element)
      } while scanner.skip(UInt8(ascii: ","))
      guard scanner.rest.isEmpty else { return nil }
    }
    return all
  }

  private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func element() -> WebSocketExtension? {
      guard let name = token() else { return nil }
      var parameters: [Parameter] = []
      while skip(UInt8(ascii: ";")) {
        guard let name = token() else { return nil }
        var value: String?
        if skip(UInt8(ascii: "=")) {
          value = rest.first == UInt8(ascii: "\"") ? quoted() : token()
          guard value != nil else { return nil }
        }
        parameters.append(Parameter(name: name, value: value))
      }
      return WebSocketExtension(name: name, parameters: parameters)
    }

    /// Skips this byte and the white space around it.
    mutating func skip(_ byte: UInt8) -> Bool {
      skipSpace()
      guard rest.first == byte else { return false }
      rest.removeFirst()
      skipSpace()
      return true
    }

    private mutating func skipSpace() {
      rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == 0x09 }
    }

    private mutating func token() -> String? {
      skipSpace()
      let bytes = rest.prefix { $0.isHTTPTokenByte }
      rest.removeFirst(bytes.count)
      return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// A quoted string, whose content must be a token.
    private mutating func quoted() -> String? {
      rest.removeFirst()
      var bytes: [UInt8] = []
      while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
        guard byte == UInt8(ascii: "\\") else {
          bytes.append(byte)
          continue
        }
        guard let escaped = rest.popFirst() else { return nil }
        bytes.append(escaped)
      }
      guard !bytes.isEmpty, bytes.allSatisfy(\.isHTTPTokenByte) else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
