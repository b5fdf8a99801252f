import FoundationEssentials
import Testing

@testable import Bridge

@Suite struct ReadmeTests {
  @Test func `the README lists every setting as the catalogue has it`() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let data = try Data(contentsOf: URL(filePath: root + "/README.md"))
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    let expected = SettingCatalogue.all.map { setting in
      let value = setting.placeholder.contains("|") ? setting.choices : ""
      return
        "| `\(setting.key.rawValue)` | \(setting.defaultText) | \(setting.explanation)\(value) |"
    }
    let found = lines.filter { $0.hasPrefix("| `") && $0.split(separator: "|").count == 3 }
    #expect(
      expected == found.map(String.init), "the rows should be:\n\(expected.joined(separator: "\n"))"
    )
  }
}

extension Setting {
  /// The words to choose from, as one more sentence.
  fileprivate var choices: String {
    " One of " + placeholder.split(separator: "|").map { "`\($0)`" }.joined(separator: ", ") + "."
  }
}
