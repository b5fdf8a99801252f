import ConsoleFiles
import Foundation
import Testing

@testable import Bridge

/// The files of the folder Console, in the folder and in the program.
@Suite struct ConsoleFileTests {
  private static let folder = PackageFolder.file("Console")

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8)
  }

  @Test func `the program has the files of the folder, and no other`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
    #expect(ConsoleFiles.all.map(\.name) == names.sorted())
    for file in ConsoleFiles.all {
      let data = try Data(contentsOf: URL(filePath: Self.folder + "/" + file.name))
      #expect(Array(data) == file.bytes, "\(file.name)")
    }
  }

  @Test func `the page has no inline script or style, and names files that are there`() throws {
    let page = try text("index.html")
    #expect(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="))
    #expect(!page.contains("<script>"))
    let names = Set(ConsoleFiles.all.map(\.name))
    var found = 0
    for match in page.matches(of: #/(?:src|href)="([^"#]+)"/#) where match.1 != "../docs" {
      #expect(names.contains(String(match.1)), "\(match.1)")
      found += 1
    }
    #expect(found >= 5)
  }

  @Test func `scripts import files that are there, and name no other host`() throws {
    let names = Set(ConsoleFiles.all.map(\.name))
    for name in names where !name.hasSuffix(".svg") {
      let source = try text(name)
      for match in source.matches(of: #/from "(?:\.|\.\.)\/([^"]+)"/#) {
        #expect(names.contains(String(match.1)), "\(name) imports \(match.1)")
      }
      let addresses = source.matches(of: #/https?:\/\/[\w.-]+/#).map { String($0.0) }
      #expect(addresses.allSatisfy { $0 == "http://www.w3.org" }, "\(name): \(addresses)")
    }
  }

  @Test func `scripts and styles are short`() throws {
    for name in ConsoleFiles.all.map(\.name) {
      let lines = try text(name).split(separator: "\n", omittingEmptySubsequences: false)
      // The library is one file, so that a page needs no other.
      let limit = name == "mqtt-bridge.js" ? 500 : 400
      #expect(lines.count <= limit + 1, "\(name) has \(lines.count) lines: split it")
    }
  }
}
