import ArgumentParser
import EventLoop
import FoundationEssentials
import HTTPClient

/// Where the running bridge is, and who asks.
///
/// Secrets come by the environment or files only: every process sees another one's flags.
struct ServerOptions: ParsableArguments {
  static let defaultURL = "http://127.0.0.1:8080"

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The bridge's address; a path in it is a prefix. (default: BRIDGE_URL of the environment, "
        + "or \(Self.defaultURL))", valueName: "URL"))
  var url: String?

  @Option(help: ArgumentHelp("The Unix socket on which it listens.", valueName: "PATH"))
  var unixSocket: String?

  @Option(
    help: ArgumentHelp(
      "A file with the token to show, one line. (default: BRIDGE_TOKEN of the environment)",
      valueName: "FILE"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "The name to show, with BRIDGE_PASSWORD of the environment as its password.",
      valueName: "NAME"))
  var user: String?

  @Option(
    help: ArgumentHelp(
      "A PEM file of authorities that count instead of the system's.", valueName: "FILE"))
  var caFile: String?

  @Option(
    name: [.customShort("H"), .long],
    help: ArgumentHelp("A header field for every request, repeated.", valueName: "NAME: VALUE"))
  var header: [String] = []

  func validate() throws {
    let text = url ?? Self.environment("BRIDGE_URL") ?? Self.defaultURL
    guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
      throw ValidationError("the URL '\(text)' does not begin with http:// or https://")
    }
    for field in header where Self.field(field) == nil {
      throw ValidationError("'\(field)' is not a header field: NAME: VALUE")
    }
    guard user == nil || Self.environment("BRIDGE_PASSWORD") != nil else {
      throw ValidationError("--user needs BRIDGE_PASSWORD in the environment")
    }
  }

  /// The bridge as these options say.
  func server() throws -> BridgeServer {
    var terms = RequestTerms()
    terms.authorities = caFile
    terms.unixSocket = unixSocket
    terms.keptBytes = 1 << 20
    var base = url ?? Self.environment("BRIDGE_URL") ?? Self.defaultURL
    while base.hasSuffix("/") { base.removeLast() }
    let fields = header.compactMap(Self.field) + [try credential()].compactMap(\.self)
    return try BridgeServer(base: base, fields: fields, terms: terms)
  }

  private func credential() throws -> OutgoingRequest.Field? {
    if let user, let password = Self.environment("BRIDGE_PASSWORD") {
      return .init("Authorization", "Basic " + Base64.encode("\(user):\(password)".utf8))
    }
    guard let tokenFile else {
      return Self.environment("BRIDGE_TOKEN").map { .init("Authorization", "Bearer \($0)") }
    }
    do throws(SystemError) {
      let bytes = try FileReader(path: tokenFile).read(atMost: 1 << 16)
      let text = String(decoding: bytes, as: UTF8.self)
      let line = text.split(whereSeparator: \.isNewline).first ?? ""
      return .init("Authorization", "Bearer \(line)")
    } catch {
      throw CallFailure.usage("\(tokenFile): \(error)")
    }
  }

  private static func field(_ text: String) -> OutgoingRequest.Field? {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty,
      !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else { return nil }
    return .init(String(parts[0]), String(parts[1].drop { $0 == " " }))
  }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
