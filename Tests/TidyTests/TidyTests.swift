import Testing

/// Rules on the text of the repository that neither the compiler nor `swift format` can express.
@Suite struct TidyTests {
  @Test func `source files stay short`() throws {
    var lengths: [Int] = []
    for file in try Repository.files() where file.isSwift {
      #expect(
        file.lineCount <= 400, "\(file) has \(file.lineCount) lines: split it by responsibility")
      if file.isIn("Sources") { lengths.append(file.lineCount) }
    }
    lengths.sort()
    try #require(lengths.count > 50, "the source files are found")
    print("source files: \(lengths.count), median length: \(lengths[lengths.count / 2]) lines")
  }

  @Test func `functions stay short`() throws {
    for file in try Repository.files() where file.isSwift && file.path != "Package.swift" {
      for function in FunctionLength.all(in: file.code) {
        #expect(
          function.lines <= 60,
          "\(file), line \(function.line): a function of \(function.lines) lines")
      }
    }
  }

  @Test func `no reminder is left behind`() throws {
    let markers = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    let phrases = ["not " + "implemented", "not yet " + "implemented"]
    for file in try Repository.files() where !file.isIn("LICENSE") {
      let found = file.text.words.intersection(markers)
      #expect(found.isEmpty, "\(file): \(found)")
      for phrase in phrases {
        #expect(!file.text.lowercased().contains(phrase), "\(file): \(phrase)")
      }
    }
  }

  @Test func `no file knows the machine it was written on`() throws {
    let forbidden = [
      "/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/opt/" + "swift", "work" + "tree",
    ]
    for file in try Repository.files() {
      let found = forbidden.filter { file.text.contains($0) }
      #expect(found.isEmpty, "\(file): \(found)")
    }
  }

  @Test func `every file ends with one line break`() throws {
    for file in try Repository.files() where !file.text.isEmpty {
      #expect(file.text.last == "\n" && !file.text.hasSuffix("\n\n"), "\(file)")
      #expect(!file.text.utf8.contains(UInt8(ascii: "\r")), "\(file) has carriage returns")
    }
  }

  @Test func `files are named after what they hold`() throws {
    let vague = ["Utils", "Util", "Helpers", "Helper", "Common", "Manager", "Misc", "New"]
    for file in try Repository.files() where file.isSwift {
      let stem = file.name.dropLast(".swift".count)
      #expect(!vague.contains { stem.hasSuffix($0) }, "\(file)")
    }
  }

  @Test func `tests wait for events and do not sleep`() throws {
    let forbidden: Set<String> = ["sleep", "usleep", "nanosleep"]
    for file in try Repository.swiftFiles(under: "Tests")
    where !file.isIn("Tests/TestSupport") && !file.isIn("Tests/Fixtures") {
      let found = file.code.words.intersection(forbidden)
      #expect(found.isEmpty, "\(file) uses \(found.sorted())")
    }
  }

  @Test func `the resolved versions are not kept`() {
    let ignored = Repository.text(of: ".gitignore")?.split(separator: "\n") ?? []
    #expect(ignored.contains("Package.resolved"))
  }
}
