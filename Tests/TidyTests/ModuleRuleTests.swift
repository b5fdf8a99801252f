import Testing

/// Who may use whom: the rules that keep the modules apart.
@Suite struct ModuleRuleTests {
  @Test func `every source file imports only what its module may`() throws {
    for file in try Repository.swiftFiles(under: "Sources") {
      let rule = try #require(ModuleRules.rule(for: file), "\(file) belongs to no module")
      let extra = file.imports.subtracting(rule.imports)
      #expect(extra.isEmpty, "\(file) may not import \(extra.sorted())")
    }
  }

  @Test func `pure code reads no clock, draws no random number and prints nothing`() throws {
    let forbidden: Set<String> = [
      "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator", "print", "Task", "Mutex",
      "Atomic",
    ]
    let drawing = ["random(", "randomElement(", "shuffled(", "shuffle("]
    for file in try Repository.swiftFiles(under: "Sources")
    where ModuleRules.rule(for: file)?.isPure == true {
      let code = file.code
      let found = code.words.intersection(forbidden)
      #expect(found.isEmpty, "\(file) uses \(found.sorted())")
      // A generator that was passed in is an input like any other.
      let draws = code.text.split(separator: "\n").filter { line in
        drawing.contains { line.contains($0) } && !line.contains("using:")
      }
      #expect(draws.isEmpty, "\(file): \(draws)")
    }
  }

  @Test func `only the C boundary is unsafe`() throws {
    let forbidden: Set<String> = ["unsafe", "unchecked", "safe", "preconcurrency"]
    for file in try Repository.swiftFiles(under: "Sources")
    where ModuleRules.rule(for: file)?.isBoundary == false {
      let found = file.code.words.intersection(forbidden)
      #expect(found.isEmpty, "\(file) uses \(found.sorted())")
    }
  }

  /// The compiler does not report these; only modules whose use shows in the text are looked for.
  @Test func `every lock is one that the thread sanitizer sees`() throws {
    let files = try Repository.swiftFiles(under: "Sources") + Repository.swiftFiles(under: "Tests")
    for file in files where file.name != "Locked.swift" {
      #expect(!file.code.words.contains("Mutex"), "\(file) uses Mutex instead of Locked")
    }
  }

  @Test func `no import is left over`() throws {
    let signs = [
      "CMicroHTTPD": ["MHD_", "mhd_"], "CSQLite": ["sqlite3", "SQLITE_"],
      "Synchronization": ["Mutex", "Atomic", "withLock", "load(", "store(", "ordering"],
      "Yams": ["Yams", "Node"], "JWTKit": ["JWT"],
    ]
    for file in try Repository.swiftFiles(under: "Sources") {
      let code = file.code.text
      for module in file.imports {
        guard let words = signs[module] else { continue }
        #expect(words.contains { code.contains($0) }, "\(file) does not use \(module)")
      }
    }
  }
}
