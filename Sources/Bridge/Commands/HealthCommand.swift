import ArgumentParser
import EventLoop

/// `mqtt-bridge health`: asks a running bridge, for container health checks.
struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask the running bridge whether it is well: exit status 0 or 1.",
    discussion: """
      It asks the admin server at admin_listen of the same flags, environment and file. Made for
      HEALTHCHECK in containers, where no other HTTP client is needed then.
      """)

  @Flag(help: "Ask whether it can take publishes, instead of whether it lives.")
  var ready = false

  @Option(
    help: ArgumentHelp("The longest to wait for the answer, in seconds.", valueName: "SECONDS"))
  var timeout = 5

  @OptionGroup(title: "Settings") var options: ConfigurationOptions

  func run() throws {
    let address = try options.load().configuration.http.adminListen
    let path = ready ? "/healthz/ready" : "/healthz/live"
    do throws(ProbeFailure) {
      let answer = try HealthProbe.ask(address, path, within: .seconds(max(1, timeout)))
      print(answer.text)
      guard answer.isWell else { throw ProbeFailure.unwell }
    } catch .unwell {
      throw ExitCode(1)
    } catch {
      StandardError.write("mqtt-bridge: \(address): \(error)\n")
      throw ExitCode(1)
    }
  }
}

/// Why there is no good answer.
enum ProbeFailure: Error, CustomStringConvertible {
  case unwell
  case noAddress(String)
  case system(SystemError)
  case noAnswer

  var description: String {
    switch self {
    case .unwell: "not well"
    case .noAddress(let text): text
    case .system(let error): "\(error)"
    case .noAnswer: "no answer"
    }
  }
}

/// One small request to the admin server.
enum HealthProbe {
  struct Answer: Equatable {
    let isWell: Bool
    /// The body.
    let text: String
  }

  static func ask(
    _ server: HostPort, _ path: String, within limit: Duration
  ) throws(ProbeFailure) -> Answer {
    // Who listens on every address can be asked on this machine's own.
    let host = server.host == "0.0.0.0" ? "127.0.0.1" : server.host == "::" ? "::1" : server.host
    let found = HostLookup.addresses(of: host, port: server.port)
    guard case .success(let addresses) = found, let address = addresses.first else {
      throw .noAddress("the name cannot be resolved")
    }
    let request = "GET \(path) HTTP/1.1\r\nHost: \(server)\r\nConnection: close\r\n\r\n"
    let response: [UInt8]?
    do throws(SystemError) {
      response = try exchange(Array(request.utf8), with: address, within: limit)
    } catch {
      throw .system(error)
    }
    return try answer(response)
  }

  /// Reads the status and the body out of a whole response.
  static func answer(_ response: [UInt8]?) throws(ProbeFailure) -> Answer {
    guard let response else { throw .noAnswer }
    let text = String(decoding: response, as: UTF8.self)
    let words = text.split(separator: " ", maxSplits: 2)
    guard words.count == 3, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw .noAnswer
    }
    let body = text.firstRange(of: "\r\n\r\n").map { text[$0.upperBound...] } ?? ""
    return Answer(isWell: status == 200, text: String(body))
  }

  /// Everything that the server says until it closes; nil when the time is over first.
  private static func exchange(
    _ request: [UInt8], with address: SocketAddress, within limit: Duration
  ) throws(SystemError) -> [UInt8]? {
    let deadline = MonotonicClock.now() + limit
    let socket = try TCPSocket(connectingTo: address, SocketOptions())
    var poller = try Poller()
    try poller.add(socket.descriptor, [.readable, .writable], token: 0)
    var unsent = request[...]
    var received: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while MonotonicClock.now() < deadline {
      try poller.wait(atMost: deadline - MonotonicClock.now()) { _ in }
      if let error = socket.connectError { throw error }
      if !unsent.isEmpty {
        unsent = unsent.dropFirst(try socket.send(unsent))
        if unsent.isEmpty { try poller.modify(socket.descriptor, [.readable], token: 0) }
        continue
      }
      switch try socket.receive(into: &piece) {
      case .bytes(let count): received += piece.prefix(count)
      case .nothingYet: break
      case .end: return received
      }
    }
    return nil
  }
}
