import ArgumentParser
import HTTPFront
import Store

/// `mqtt-bridge store check`: looks for damage; the exit status is 1 when there is some.
struct StoreCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Look for damage in the data directory.",
    discussion: """
      Works while the bridge runs, whose write-ahead log grows meanwhile. The exit status is 0
      when all is well and 1 otherwise.
      """)

  @OptionGroup var store: StoreOptionGroup

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let report = try store.perform { (directory) throws(StoreError) in
      try StoreUpkeep.check(directory: directory)
    }
    if json {
      print(String(decoding: Self.json(report).encoded, as: UTF8.self))
    } else {
      print(Self.text(report))
    }
    if !report.isSound { throw ExitCode(1) }
  }

  static func text(_ report: StoreReport) -> String {
    var lines = ["schema: \(report.schema)"]
    lines += report.counts.map { "\($0.name): \($0.value)" }
    lines += report.problems.map { "problem: \($0)" }
    lines.append(report.isSound ? "ok" : "damaged")
    return lines.joined(separator: "\n")
  }

  static func json(_ report: StoreReport) -> JSONValue {
    let counts = report.counts.map { JSONValue.Member($0.name, .integer(Int($0.value))) }
    return .object([
      .init("ok", .boolean(report.isSound)),
      .init("schema", .integer(Int(report.schema))),
      .init("counts", .object(counts)),
      .init("problems", .array(report.problems.map { .string($0) })),
    ])
  }
}
