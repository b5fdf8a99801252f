/// A function in a source file and the lines from its name to its closing brace.
struct FunctionLength: Equatable {
  let name: String
  /// The line of its name, counted from 1.
  let line: Int
  let lines: Int

  /// All functions, initialisers and deinitialisers with a body, nested ones too.
  static func all(in code: SwiftCode) -> [Self] {
    let tokens = Self.tokens(of: code.text)
    return tokens.indices.compactMap { index in
      guard let name = declaredName(tokens, at: index),
        let body = bodyStart(tokens, from: index + 1), let end = closing(tokens, from: body)
      else { return nil }
      return Self(
        name: name, line: tokens[index].line + 1, lines: tokens[end].line - tokens[index].line + 1)
    }
  }

  private struct Token {
    let text: String
    let line: Int
  }

  /// Words and single punctuation characters with their lines.
  private static func tokens(of code: String) -> [Token] {
    var tokens: [Token] = []
    for (line, text) in code.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    {
      var rest = text
      while let first = rest.first {
        let length = first.isWordByte ? rest.prefix(while: \.isWordByte).count : 1
        if first != 0x20 {
          tokens.append(
            Token(text: String(decoding: rest.prefix(length), as: UTF8.self), line: line))
        }
        rest = rest.dropFirst(length)
      }
    }
    return tokens
  }

  private static func declaredName(_ tokens: [Token], at index: Int) -> String? {
    let previous = index > 0 ? tokens[index - 1].text : ""
    switch tokens[index].text {
    case "func": return tokens.indices.contains(index + 1) ? tokens[index + 1].text : nil
    case "init" where previous != "." && previous != ":": return "init"
    case "deinit": return "deinit"
    default: return nil
    }
  }

  /// The opening brace of the body; nil for a requirement of a protocol, which has none.
  private static func bodyStart(_ tokens: [Token], from start: Int) -> Int? {
    let ends: Set = ["func", "var", "let", "init", "deinit", "case", "subscript", "}", "typealias"]
    var depth = 0
    for index in start..<tokens.count {
      switch tokens[index].text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{" where depth == 0: return index
      case let text where depth == 0 && index > start && ends.contains(text): return nil
      default: break
      }
    }
    return nil
  }

  private static func closing(_ tokens: [Token], from start: Int) -> Int? {
    var depth = 0
    for index in start..<tokens.count {
      if tokens[index].text == "{" { depth += 1 }
      if tokens[index].text == "}" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}
