/// What is wrong with a broker URL; never quotes its user name, its password or an item's value.
public enum BrokerURLError: Error, Equatable, Sendable, CustomStringConvertible {
  case missingScheme
  case unknownScheme(String)
  case invalidCredentials
  case missingHost
  case invalidHost
  case invalidPort
  /// A domain whose hosts DNS names has no port of its own.
  case unexpectedPort
  case unexpectedPath
  case unexpectedFragment
  /// A Unix socket without a path.
  case missingPath
  case invalidPath
  /// The path of a Unix socket has more bytes than the system takes.
  case pathTooLong
  /// The query item is not percent-encoded correctly.
  case invalidQuery
  /// There is no option of this name.
  case unknownItem(String)
  /// The option is there twice.
  case duplicateItem(String)
  /// The option cannot have this value; `expected` says what it takes.
  case invalidItem(String, expected: String)

  init(_ problem: URLAuthority.Problem) {
    switch problem {
    case .credentials: self = .invalidCredentials
    case .missingHost: self = .missingHost
    case .host: self = .invalidHost
    case .port: self = .invalidPort
    }
  }

  /// A sentence in words, without secrets.
  public var description: String {
    switch self {
    case .missingScheme: "the broker URL needs a scheme, as in mqtt://host:1883"
    case .unknownScheme(let scheme):
      "\(scheme):// is no MQTT transport; use mqtt, mqtts, ws, wss, unix, mqtt+srv or mqtts+srv"
    case .invalidCredentials: "the user name or password is not percent-encoded correctly"
    case .missingHost: "the broker URL names no host"
    case .invalidHost: "the broker URL's host is neither a name nor an address"
    case .invalidPort: "the broker URL's port is not between 1 and 65535"
    case .unexpectedPort: "a broker URL with +srv has no port, because DNS names the ports"
    case .unexpectedPath: "only broker URLs with ws, wss and unix have a path"
    case .unexpectedFragment: "a broker URL has no fragment; encode # as %23"
    case .missingPath: "the broker URL names no socket, as in unix:///run/broker.sock"
    case .invalidPath: "the broker URL's path has a character that must be percent-encoded"
    case .pathTooLong: "a path of a Unix socket has at most \(BrokerURL.socketPathBytesMax) bytes"
    case .invalidQuery: "the broker URL's query is not percent-encoded correctly"
    case .unknownItem(let name): "there is no option '\(name)' in a broker URL"
    case .duplicateItem(let name): "the option '\(name)' is in the broker URL twice"
    case .invalidItem(let name, let expected): "the option '\(name)' takes \(expected)"
    }
  }
}
