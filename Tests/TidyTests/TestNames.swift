/// The names of all tests in the repository, as `Suite/name of the test`.
struct TestNames {
  let all: Set<String>

  init(_ files: [SourceFile]) {
    all = Set(files.flatMap(Self.names(in:)))
  }

  static func names(in file: SourceFile) -> [String] {
    var names: [String] = []
    var suite = ""
    var isTest = false
    for line in file.text.split(separator: "\n") {
      if line.first != " ", let name = declaredType(line) { suite = name }
      if line.contains("@Test") { isTest = true }
      guard isTest, let start = line.firstRange(of: "func ")?.upperBound else { continue }
      isTest = false
      let rest = line[start...]
      let name =
        rest.first == "`"
        ? rest.dropFirst().prefix { $0 != "`" } : rest.prefix { $0 != "(" && $0 != "<" }
      names.append("\(suite)/\(name)")
    }
    return names
  }

  private static func declaredType(_ line: Substring) -> String? {
    let kinds: Set<Substring> = ["struct", "class", "extension", "enum", "actor"]
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    guard let index = words.firstIndex(where: kinds.contains), words.indices.contains(index + 1)
    else { return nil }
    return String(words[index + 1])
  }
}
