/// Swift source with its comments, string literals and quoted names blanked out, line breaks kept.
///
/// Only as much of the language is understood as counting braces and finding words needs: string
/// literals of all forms end where the compiler ends them, and an interpolation counts as text.
struct SwiftCode {
  let text: String

  init(_ source: String) {
    var scanner = Scanner(bytes: Array(source.utf8))
    scanner.run()
    text = String(decoding: scanner.output, as: UTF8.self)
  }

  /// The words of the code: identifiers and keywords.
  var words: Set<String> { text.words }
}

extension SwiftCode {
  private struct Scanner {
    let bytes: [UInt8]
    var output: [UInt8] = []
    var position = 0

    private static let quote = UInt8(ascii: "\"")
    private static let backtick = UInt8(ascii: "`")
    private static let slash = UInt8(ascii: "/")
    private static let pound = UInt8(ascii: "#")
    private static let newline = UInt8(ascii: "\n")

    init(bytes: [UInt8]) {
      self.bytes = bytes
      output.reserveCapacity(bytes.count)
    }

    mutating func run() {
      while position < bytes.count {
        let byte = bytes[position]
        if byte != Self.slash && byte != Self.quote && byte != Self.pound && byte != Self.backtick {
          output.append(byte)
          position += 1
        } else if starts(with: "//") {
          while position < bytes.count && bytes[position] != Self.newline { skip() }
        } else if starts(with: "/*") {
          blankBlockComment()
        } else if let pounds = poundsOfLiteral() {
          blankLiteral(pounds: pounds)
        } else if byte == Self.backtick {
          blankRawIdentifier()
        } else {
          output.append(byte)
          position += 1
        }
      }
    }

    private func starts(with text: String) -> Bool {
      let wanted = Array(text.utf8)
      return position + wanted.count <= bytes.count
        && bytes[position..<position + wanted.count].elementsEqual(wanted)
    }

    private mutating func skip(_ count: Int = 1) {
      for _ in 0..<count where position < bytes.count {
        output.append(bytes[position] == Self.newline ? Self.newline : UInt8(ascii: " "))
        position += 1
      }
    }

    private mutating func blankBlockComment() {
      var depth = 0
      repeat {
        if starts(with: "/*") {
          depth += 1
          skip(2)
        } else if starts(with: "*/") {
          depth -= 1
          skip(2)
        } else {
          skip()
        }
      } while depth > 0 && position < bytes.count
    }

    /// A name between backticks can be a sentence, whose words are no code: it becomes one word.
    private mutating func blankRawIdentifier() {
      repeat {
        output.append(UInt8(ascii: "_"))
        position += 1
      } while position < bytes.count && bytes[position] != Self.backtick
      if position < bytes.count {
        output.append(UInt8(ascii: "_"))
        position += 1
      }
    }

    /// The number of pound signs before the quote, when a string literal starts here.
    private func poundsOfLiteral() -> Int? {
      var end = position
      while end < bytes.count && bytes[end] == Self.pound { end += 1 }
      return end < bytes.count && bytes[end] == Self.quote ? end - position : nil
    }

    private mutating func blankLiteral(pounds: Int) {
      let marks = String(repeating: "#", count: pounds)
      skip(pounds)
      let quotes = starts(with: "\"\"\"") ? "\"\"\"" : "\""
      skip(quotes.utf8.count)
      var depth = 0
      while position < bytes.count {
        if depth == 0 && starts(with: quotes + marks) {
          return skip(quotes.utf8.count + pounds)
        }
        if starts(with: "\\" + marks + "(") {
          depth += 1
          skip(pounds + 2)
        } else if depth == 0 && starts(with: "\\" + marks) {
          skip(pounds + 2)
        } else if depth > 0 && poundsOfLiteral() != nil {
          blankLiteral(pounds: poundsOfLiteral() ?? 0)
        } else {
          if depth > 0 && bytes[position] == UInt8(ascii: "(") { depth += 1 }
          if depth > 0 && bytes[position] == UInt8(ascii: ")") { depth -= 1 }
          skip()
        }
      }
    }
  }
}

extension String {
  /// The longest runs of ASCII letters, digits and underscores.
  var words: Set<String> {
    Set(utf8.split { !$0.isWordByte }.map { String(decoding: $0, as: UTF8.self) })
  }
}

extension UInt8 {
  var isWordByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
