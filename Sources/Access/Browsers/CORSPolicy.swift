/// Which pages of other origins may use the bridge. [Fetch, 3.2]
package struct CORSPolicy: Equatable, Sendable {
  package typealias Header = (name: String, value: String)

  /// Origins as browsers write them, such as `https://app.example`.
  package let origins: [String]
  /// Whether every origin may, then without cookies.
  package let allowsAny: Bool

  /// Takes exact origins, or `*` alone.
  package init(_ origins: [String]) {
    self.origins = origins.filter { $0 != "*" }
    allowsAny = origins.contains("*")
  }

  package static let requestHeaders = [
    "Authorization", "Bridge-Expires-In", "Cache-Control", "Content-Type", "Idempotency-Key",
    "If-None-Match", "Last-Event-ID", "Mqtt-Correlation-Data", "Mqtt-Message-Expiry",
    "Mqtt-Payload-Format-Indicator", "Mqtt-Qos", "Mqtt-Response-Topic", "Mqtt-Retain",
    "Mqtt-Topic", "Mqtt-User-Properties", "Mqtt-User-Property", "Prefer", "Request-Id",
    "Traceparent", "Tracestate", "X-API-Key",
  ]
  package static let responseHeaders = [
    "Age", "Bridge-Connection-Id", "Bridge-Elapsed-Ms", "Bridge-Last-Event-ID", "Bridge-Message-Id",
    "Bridge-Source", "ETag", "Idempotency-Replayed", "Last-Modified", "Location", "Mqtt-Qos",
    "Mqtt-Retain", "Mqtt-Topic", "Mqtt-User-Properties", "Preference-Applied", "RateLimit",
    "RateLimit-Policy", "Request-Id", "Retry-After", "WWW-Authenticate",
  ]
  package static let methods = ["DELETE", "GET", "HEAD", "POST", "PUT", "QUERY"]

  /// Whether the origin is on the list, byte by byte; `null` never is.
  package func lists(_ origin: String) -> Bool {
    origin != "null" && origins.contains { $0.utf8.elementsEqual(origin.utf8) }
  }

  /// What every response has, so that no cache gives one origin the answer of another.
  package func responseHeaders(origin: String?) -> [Header] {
    var headers: [Header] = [("Vary", "Origin")]
    guard let origin else { return headers }
    if lists(origin) {
      headers.append(("Access-Control-Allow-Origin", origin))
      headers.append(("Access-Control-Allow-Credentials", "true"))
    } else if allowsAny {
      headers.append(("Access-Control-Allow-Origin", "*"))
    } else {
      return headers
    }
    headers.append(
      ("Access-Control-Expose-Headers", Self.responseHeaders.joined(separator: ", ")))
    return headers
  }

  /// The answer to `OPTIONS` with `Access-Control-Request-Method`; one without permission still tells
  /// the browser no, by what it lacks.
  package func preflight(origin: String) -> [Header] {
    var headers: [Header] = [
      ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    ]
    guard lists(origin) || allowsAny else { return headers }
    headers.append(("Access-Control-Allow-Origin", lists(origin) ? origin : "*"))
    if lists(origin) { headers.append(("Access-Control-Allow-Credentials", "true")) }
    headers.append(("Access-Control-Allow-Methods", Self.methods.joined(separator: ", ")))
    headers.append(("Access-Control-Allow-Headers", Self.requestHeaders.joined(separator: ", ")))
    headers.append(("Access-Control-Max-Age", "600"))
    return headers
  }

  /// Whether a text is an origin as browsers write it: scheme, host and perhaps a port, in lower case.
  package static func isOrigin(_ text: String) -> Bool {
    guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else {
      return false
    }
    let host = text.dropFirst(scheme.count)
    let isPlain = host.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x3A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "["),
        UInt8(ascii: "]"):
        true
      default: false
      }
    }
    let usual = scheme == "https://" ? ":443" : ":80"
    return isPlain && !host.isEmpty && !host.hasSuffix(":") && !host.hasSuffix(usual)
  }
}
