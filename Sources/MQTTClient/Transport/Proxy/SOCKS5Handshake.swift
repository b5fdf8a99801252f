import EventLoop

/// Asks a SOCKS proxy for a connection. [RFC 1928, RFC 1929]
///
///     method ──"none"──▶ reply ──success──▶ open
///        └─"password"──▶ login ──accepted──▲
package struct SOCKS5Handshake: ProxyHandshake {
  private enum Stage { case method, login, reply, open }

  private static let version: UInt8 = 5
  private static let noAuthentication: UInt8 = 0
  private static let usernamePassword: UInt8 = 2

  private let host: String
  private let port: UInt16
  private let credentials: (name: [UInt8], password: [UInt8])?
  private var stage = Stage.method
  private var buffer: [UInt8] = []

  /// A connection to this host; the proxy resolves its name.
  package init(host: String, port: UInt16, username: String?, password: String?) {
    self.host = host
    self.port = port
    credentials =
      username == nil && password == nil
      ? nil : (name: Array((username ?? "").utf8), password: Array((password ?? "").utf8))
  }

  package mutating func start() throws(ProxyFailure) -> [UInt8] {
    guard let credentials else { return [Self.version, 1, Self.noAuthentication] }
    guard 1...255 ~= credentials.name.count, 1...255 ~= credentials.password.count else {
      throw .notExpressible("a user name and password of SOCKS have 1 to 255 bytes each")
    }
    return [Self.version, 2, Self.noAuthentication, Self.usernamePassword]
  }

  package mutating func received(
    _ bytes: Bytes, _ output: inout [UInt8]
  ) throws(ProxyFailure) -> ProxyProgress {
    buffer += bytes
    while true {
      switch stage {
      case .method:
        guard let answer = take(2) else { return .pending }
        try chooseMethod(answer, &output)
      case .login:
        guard let answer = take(2) else { return .pending }
        guard answer[0] == 1 else { throw .malformed("the answer to the login") }
        guard answer[1] == 0 else { throw .credentialsRejected }
        try request(&output)
      case .reply:
        guard try takeReply() else { return .pending }
        stage = .open
      case .open:
        return .open(rest: exchange(&buffer, with: [])[...])
      }
    }
  }

  private mutating func chooseMethod(
    _ answer: [UInt8], _ output: inout [UInt8]
  ) throws(ProxyFailure) {
    guard answer[0] == Self.version else { throw .malformed("its version is not 5") }
    switch (answer[1], credentials) {
    case (Self.noAuthentication, _): try request(&output)
    case (Self.usernamePassword, let credentials?):
      output += [1, UInt8(credentials.name.count)] + credentials.name
      output += [UInt8(credentials.password.count)] + credentials.password
      stage = .login
    case (0xFF, _): throw .noAcceptableMethod
    default: throw .malformed("a method that was not offered")
    }
  }

  private mutating func request(_ output: inout [UInt8]) throws(ProxyFailure) {
    output += [Self.version, 1, 0]
    switch HostLookup.literal(host, port: port)?.host {
    case .v4(let bits): output += [1] + bits.networkBytes
    case .v6(let high, let low, _): output += [4] + high.networkBytes + low.networkBytes
    case nil:
      let name = Array(host.utf8)
      guard 1...255 ~= name.count else { throw .notExpressible("a name of over 255 bytes") }
      output += [3, UInt8(name.count)] + name
    }
    output += port.networkBytes
    stage = .reply
  }

  /// Whether the whole reply was there; its address is of no interest.
  private mutating func takeReply() throws(ProxyFailure) -> Bool {
    if let version = buffer.first, version != Self.version {
      throw .malformed("its version is not 5")
    }
    if buffer.count >= 2, buffer[1] != 0 { throw .socksReply(buffer[1]) }
    guard buffer.count >= 5 else { return false }
    let addressBytes: Int
    switch buffer[3] {
    case 1: addressBytes = 4
    case 3: addressBytes = 1 + Int(buffer[4])
    case 4: addressBytes = 16
    default: throw .malformed("an unknown kind of address")
    }
    return take(4 + addressBytes + 2) != nil
  }

  private mutating func take(_ count: Int) -> [UInt8]? {
    guard buffer.count >= count else { return nil }
    let taken = Array(buffer[..<count])
    buffer.removeFirst(count)
    return taken
  }
}

extension FixedWidthInteger {
  fileprivate var networkBytes: [UInt8] {
    (0..<Self.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }
}
