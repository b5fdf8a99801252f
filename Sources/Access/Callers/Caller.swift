/// Who sent a request, and what that one may do.
package struct Caller: Equatable, Sendable {
  package enum Method: String, Sendable {
    case anonymous
    case bearer
    case basic
    case apiKey = "api_key"
    case certificate
    case cookie
    case ticket
  }

  /// The name that is shown: the subject of the token, the user, the name of the API key, the common
  /// name of the certificate.
  package let subject: String
  /// What limits are counted by and idempotency keys belong to: two callers with one name that come from
  /// different places have different accounts.
  package let account: String
  package let method: Method
  package let grants: Grants
  /// From when on it must show who it is again, in seconds since 1970; nil is never.
  package let expiry: Int64?

  package init(
    subject: String, account: String, method: Method, grants: Grants, expiry: Int64? = nil
  ) {
    self.subject = subject
    self.account = account
    self.method = method
    self.grants = grants
    self.expiry = expiry
  }

  package static func anonymous(_ grants: Grants) -> Self {
    Self(subject: "anonymous", account: "anonymous", method: .anonymous, grants: grants)
  }

  /// The same caller, known by another method.
  func known(by method: Method) -> Self {
    Self(subject: subject, account: account, method: method, grants: grants, expiry: expiry)
  }
}
