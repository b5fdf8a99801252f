/// What a request shows to say who sends it; it has no description, because it is secret.
package struct Credential: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    /// `Authorization: Bearer`, or the WebSocket subprotocol `bearer.…`.
    case bearer(String)
    case basic(user: String, password: String)
    case apiKey(String)
    case cookie(String)
    case ticket(String)
  }

  package let content: Content

  package init(_ content: Content) { self.content = content }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    switch content {
    case .bearer: "bearer token (hidden)"
    case .basic: "user and password (hidden)"
    case .apiKey: "API key (hidden)"
    case .cookie: "cookie (hidden)"
    case .ticket: "ticket (hidden)"
    }
  }

  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
