/// What CONNECT of one attempt says in place of the session's options.
///
/// No description shows the values.
package struct ConnectOverrides: Equatable, Sendable {
  package var username: String?
  package var password: Bytes?

  package init(username: String? = nil, password: Bytes? = nil) {
    self.username = username
    self.password = password
  }
}

extension ConnectOverrides: CustomStringConvertible, CustomReflectable {
  package var description: String {
    "ConnectOverrides(username: \(username == nil ? "none" : "set"), "
      + "password: \(password == nil ? "none" : "hidden"))"
  }

  package var customMirror: Mirror { Mirror(self, children: ["overrides": description]) }
}
