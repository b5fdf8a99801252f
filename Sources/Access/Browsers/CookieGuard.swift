/// Whether a request that is known by a cookie was meant by its user. (CSRF)
///
/// A browser adds cookies to requests that other pages make. `SameSite=Lax` keeps most of them away; what
/// changes something, and what opens a WebSocket, also needs an `Origin` that is on the list.
package struct CookieGuard: Equatable, Sendable {
  private let origins: CORSPolicy

  package init(_ origins: CORSPolicy) { self.origins = origins }

  /// Whether a request may go on; it is safe when it only reads, which a WebSocket never does.
  package func check(isSafe: Bool, origin: String?) -> Decision {
    if isSafe {
      // A page elsewhere cannot read the answer without CORS, which has a list of its own.
      return .granted
    }
    guard let origin else {
      return refused("a request with a cookie that changes something needs the header Origin")
    }
    guard origins.lists(origin) else {
      return refused("origin '\(GrantWords.short(origin))' may not use the cookie")
    }
    return .granted
  }

  /// Whether a request that is known by the client's certificate may go on.
  ///
  /// A browser shows it for every page that asks, and says which; a request without `Origin` comes from
  /// no other page.
  package func checkCertificate(isSafe: Bool, origin: String?) -> Decision {
    guard !isSafe, let origin, !origins.lists(origin) else { return .granted }
    return refused("origin '\(GrantWords.short(origin))' may not use the client's certificate")
  }

  /// Whether a page may open a WebSocket; CORS does not guard them.
  ///
  /// A request without `Origin` comes from
  /// no browser.
  package func checkWebSocket(origin: String?, method: Caller.Method) -> Decision {
    guard let origin else {
      return method == .cookie
        ? refused("a WebSocket with a cookie needs the header Origin") : .granted
    }
    let isAmbient = method == .cookie || method == .certificate
    let isListed = origins.lists(origin) || (origins.allowsAny && !isAmbient)
    return isListed
      ? .granted : refused("origin '\(GrantWords.short(origin))' may not open a WebSocket")
  }

  private func refused(_ detail: String) -> Decision {
    .refused(Refusal(.originForbidden, detail, hint: "add it to the setting allowed_origins"))
  }
}
