import MQTTClient

/// A topic filter in which `${sub}`, `${username}` and `${clientid}` stand for the caller.
///
/// A value that is more than a part of one level (it has `+`, `#`, `/` or NUL), or that is not known,
/// never makes a filter wider: an allowing rule then grants nothing, and a denying one denies for every
/// value.
struct FilterTemplate: Equatable, Sendable {
  enum Invalid: Error, Equatable {
    case filter(TopicFilter.Invalid)
    case placeholderUnknown(String)
    case placeholderUnclosed
  }

  private enum Part: Equatable {
    case text(String)
    case subject
    case username
    case clientID
  }

  let text: String
  private let parts: [Part]

  init(_ text: String) throws(Invalid) {
    self.text = text
    parts = try Self.parts(of: text)
    // Any value without meaning of its own shows whether the rest is a filter.
    let sample = parts.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
    do { _ = try TopicFilter(sample) } catch { throw .filter(error) }
  }

  private static func parts(of text: String) throws(Invalid) -> [Part] {
    var parts: [Part] = []
    var rest = text.utf8[...]
    while let start = rest.indices.first(where: { rest[$0...].starts(with: "${".utf8) }) {
      parts.append(.text(String(decoding: rest[..<start], as: UTF8.self)))
      let name = rest[start...].dropFirst(2).prefix { $0 != UInt8(ascii: "}") }
      guard name.endIndex < rest.endIndex else { throw .placeholderUnclosed }
      switch String(decoding: name, as: UTF8.self) {
      case "sub": parts.append(.subject)
      case "username": parts.append(.username)
      case "clientid": parts.append(.clientID)
      case let other: throw .placeholderUnknown(other)
      }
      rest = rest[name.endIndex...].dropFirst()
    }
    parts.append(.text(String(decoding: rest, as: UTF8.self)))
    return parts.filter { $0 != .text("") }
  }

  var hasPlaceholders: Bool {
    parts.contains { if case .text = $0 { false } else { true } }
  }

  /// Whether it means another thing for each client identifier.
  var hasClientID: Bool { parts.contains(.clientID) }

  /// The filter for this caller, or why there is none.
  func filter(for caller: Identity) -> Result<TopicFilter, Missing> {
    var filter = ""
    for part in parts {
      switch Self.value(of: part, for: caller) {
      case .success(let value):
        if filter.isEmpty, part != .text(value), value.utf8.first == UInt8(ascii: "$") {
          return .failure(Missing("begins with '$'", part: Self.name(of: part)))
        }
        filter += value
      case .failure(let missing): return .failure(missing)
      }
    }
    do { return .success(try TopicFilter(filter)) } catch {
      return .failure(Missing("is too long", part: "of a placeholder"))
    }
  }

  /// A filter for at least all that this one could mean for any caller; nil stands for everything.
  func filterForEveryone() -> TopicFilter? {
    let open = parts.map { if case .text(let text) = $0 { text } else { "\u{0}" } }.joined()
    let levels = open.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard levels.first?.contains(0) == false else { return nil }
    let widened = levels.map { $0.contains(0) ? "+" : String(decoding: $0, as: UTF8.self) }
    return try? TopicFilter(widened.joined(separator: "/"))
  }

  private static func name(of part: Part) -> String {
    switch part {
    case .text: ""
    case .subject: "sub"
    case .username: "username"
    case .clientID: "clientid"
    }
  }

  private static func value(of part: Part, for caller: Identity) -> Result<String, Missing> {
    let value: String?
    switch part {
    case .text(let text): return .success(text)
    case .subject: value = caller.subject
    case .username: value = caller.username
    case .clientID: value = caller.clientID
    }
    guard let value, !value.isEmpty else {
      return .failure(Missing("is not known", part: name(of: part)))
    }
    let special: [UInt8] = [0, UInt8(ascii: "+"), UInt8(ascii: "#"), UInt8(ascii: "/")]
    guard !value.utf8.contains(where: { special.contains($0) }) else {
      return .failure(
        Missing("has a character that means something in filters", part: name(of: part)))
    }
    return .success(value)
  }

  /// Why a caller has no filter.
  struct Missing: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ reason: String, part: String) { description = "its \(part) \(reason)" }
  }
}
