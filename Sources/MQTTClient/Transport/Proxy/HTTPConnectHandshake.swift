import WebSocketProtocol

/// Asks an HTTP proxy for a tunnel. [RFC 9110, section 9.3.6]
package struct HTTPConnectHandshake: ProxyHandshake {
  /// A longer head of the answer is refused.
  package static let headBytesMax = 8 << 10

  private let authority: String
  private let credentials: (name: String, password: String)?
  private var reader = HTTPResponseReader(bytesMax: headBytesMax)

  /// A tunnel to this host; the proxy resolves its name.
  package init(host: String, port: UInt16, username: String?, password: String?) {
    authority = "\(URLAuthority.bracketed(host)):\(port)"
    credentials =
      username == nil && password == nil ? nil : (name: username ?? "", password: password ?? "")
  }

  package mutating func start() throws(ProxyFailure) -> [UInt8] {
    var fields: HTTPFields = [HTTPField("Host", authority)]
    if let credentials {
      // The colon ends the name. [RFC 7617, section 2]
      guard !credentials.name.utf8.contains(UInt8(ascii: ":")) else {
        throw .notExpressible("a user name with a colon")
      }
      let plain = "\(credentials.name):\(credentials.password)"
      fields.append("Proxy-Authorization", "Basic \(Base64.encoded(plain.utf8))")
    }
    do throws(HTTPHeadError) {
      return try HTTPRequestHead(method: "CONNECT", target: authority, fields: fields).encoded()
    } catch {
      throw .notExpressible(error.description)
    }
  }

  package mutating func received(
    _ bytes: Bytes, _ output: inout [UInt8]
  ) throws(ProxyFailure) -> ProxyProgress {
    let response: HTTPResponseHead
    do throws(HTTPHeadError) {
      guard let head = try reader.append(bytes) else { return .pending }
      response = head
    } catch {
      throw .malformed(error.description)
    }
    switch response.status {
    case 200..<300: return .open(rest: reader.rest)
    case 407: throw .authenticationRequired(response.summary)
    default: throw .refused(response.summary)
    }
  }
}
