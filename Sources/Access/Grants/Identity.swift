/// Who a caller is, for the places in filters that stand for it.
package struct Identity: Hashable, Sendable {
  package var subject: String?
  package var username: String?
  package var clientID: String?

  package init(subject: String? = nil, username: String? = nil, clientID: String? = nil) {
    self.subject = subject
    self.username = username
    self.clientID = clientID
  }

  /// The caller without a name.
  package static let anonymous = Self()
}
