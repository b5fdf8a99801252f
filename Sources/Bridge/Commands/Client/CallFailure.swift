import ArgumentParser
import EventLoop
import HTTPClient
import JSONText

/// Why a command did not do what it was asked.
enum CallFailure: Error, CustomStringConvertible {
  /// What the user gave cannot be used.
  case usage(String)
  /// The bridge refuses.
  case refused(Problem)
  /// The time was over.
  case late(String)
  /// The bridge cannot be reached, or cannot do it now.
  case unreachable(String)

  /// A problem as the bridge tells it. [RFC 9457]
  struct Problem: CustomStringConvertible {
    let status: Int
    let code: String
    let detail: String
    let hint: String?
    /// Whether the bridge has the message all the same.
    let isKept: Bool

    init(status: Int, code: String, detail: String) {
      (self.status, self.code, self.detail) = (status, code, detail)
      (hint, isKept) = (nil, false)
    }

    init(_ answer: ReceivedAnswer) { self.init(status: answer.status, answer.beginning) }

    init(status: Int, _ body: [UInt8]) {
      let members = (try? JSONScanner.scan(body)) ?? JSONNode(value: .null, range: 0..<0)
      self.init(status: status, members)
    }

    init(status: Int, _ node: JSONNode) {
      self.status = node.integer("status") ?? status
      code = node.string("code") ?? "status-\(status)"
      detail = node.string("detail") ?? node.string("title") ?? "the answer was \(status)"
      hint = node.string("hint")
      isKept = node.member("kept")?.value == .bool(true)
    }

    var description: String {
      "\(code): \(detail)" + (hint.map { " (\($0))" } ?? "") + (isKept ? " [kept]" : "")
    }
  }

  /// What a request came to that was not answered as it should be.
  static func of(_ answer: ReceivedAnswer) -> Self {
    let problem = Problem(answer)
    return answer.status == 504 ? .late("\(problem)") : .refused(problem)
  }

  var description: String {
    switch self {
    case .usage(let text), .late(let text), .unreachable(let text): text
    case .refused(let problem): "\(problem)"
    }
  }

  /// Tells why, and gives the exit status: 1 refused, 2 too late, 64 wrong use, 69 unavailable.
  func told() -> ExitCode {
    StandardError.write("mqtt-bridge: \(self)\n")
    switch self {
    case .usage: return ExitCode(64)
    case .late: return ExitCode(2)
    case .unreachable: return ExitCode(69)
    case .refused(let problem): return ExitCode(problem.status >= 500 ? 69 : 1)
    }
  }

  /// Runs a command's work, and turns its failure into an exit status.
  static func telling(_ work: () throws -> Void) throws {
    do {
      try work()
    } catch let failure as CallFailure {
      throw failure.told()
    }
  }
}

extension JSONNode {
  func member(_ name: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.name == name }?.node
  }

  func string(_ name: String) -> String? {
    guard case .string(let text)? = member(name)?.value else { return nil }
    return text
  }

  func integer(_ name: String) -> Int? {
    guard case .number(let text)? = member(name)?.value else { return nil }
    return Int(text)
  }

  func elements(_ name: String) -> [JSONNode] {
    guard case .array(let elements)? = member(name)?.value else { return [] }
    return elements
  }
}
