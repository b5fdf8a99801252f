import Glibc

/// Does one small thing a given number of times, for callgrind to count its instructions.
///
///     micro-bench list
///     micro-bench NAME COUNT
///
/// `Benchmarks/check.py` runs a case with two counts: the difference is what an operation costs.
@main struct MicroBench {
  static let cases: [MicroCase] = codecCases + topicCases + storeCases + hubCases

  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.count == 2, arguments[1] == "list" {
      for each in cases { print(each.name) }
      return
    }
    guard arguments.count == 3, let count = Int(arguments[2]), count >= 0,
      let chosen = cases.first(where: { $0.name == arguments[1] })
    else {
      print("usage: micro-bench list | NAME COUNT")
      exit(2)
    }
    try chosen.run(count)
  }
}

/// Something that can be done any number of times.
struct MicroCase: Sendable {
  let name: String
  let run: @Sendable (Int) throws -> Void

  init(_ name: String, _ run: @escaping @Sendable (Int) throws -> Void) {
    self.name = name
    self.run = run
  }
}

/// A case did not do what it is there for.
struct MicroFailure: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// Throws unless a case really did its work.
func expect(_ isSo: Bool, _ reason: String) throws {
  guard isSo else { throw MicroFailure(reason) }
}
