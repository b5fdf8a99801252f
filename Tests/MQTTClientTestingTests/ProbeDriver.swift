import Foundation
import TestSupport

/// The probe as a process, with lines in and lines out.
final class ProbeDriver {
  private let directory: TemporaryDirectory
  private let process: ChildProcess
  private let input: FileHandle

  init() throws {
    directory = try TemporaryDirectory()
    let path = directory.file("in")
    guard unsafe mkfifo(path, 0o600) == 0 else {
      throw TestFailure("no named pipe: errno \(errno)")
    }
    process = try ChildProcess("sh", ["-c", "exec '\(Self.program)' < '\(path)'"])
    input = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  func send(_ line: String) throws { try input.write(contentsOf: Data((line + "\n").utf8)) }

  /// The first line so far, or soon, that contains all these parts.
  func line(with parts: String...) throws -> String {
    var found: String?
    let hasCome = eventually {
      found = process.output.lines.first { line in parts.allSatisfy { line.contains($0) } }
      return found != nil
    }
    guard hasCome, let found else {
      throw TestFailure("no line with \(parts) in \(process.output.lines)")
    }
    return found
  }

  /// Sends a request with this number and waits for its reply.
  func call(_ id: Int, _ fields: String) throws -> String {
    try send("{\"id\":\(id),\(fields)}")
    return try line(with: "\"id\":\(id),")
  }

  func end() throws -> ChildProcess.Exit? {
    try input.close()
    return process.waitForExit()
  }

  private static var program: String {
    let folders = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false)
    let build = folders.lastIndex { $0.hasSuffix(".xctest") } ?? folders.count
    return folders[..<build].joined(separator: "/") + "/mqtt-probe"
  }
}
