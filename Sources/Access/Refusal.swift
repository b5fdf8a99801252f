/// Why a caller may not do something: which rule failed, and where it stands.
package struct Refusal: Error, Equatable, Sendable {
  /// The names on the wire.
  package enum Code: String, CaseIterable, Sendable {
    case tokenMissing = "token-missing"
    case tokenInvalid = "token-invalid"
    case tokenExpired = "token-expired"
    case topicForbidden = "topic-forbidden"
    case filterForbidden = "filter-forbidden"
    case qosForbidden = "qos-forbidden"
    case retainForbidden = "retain-forbidden"
    case requestForbidden = "request-forbidden"
    case historyForbidden = "history-forbidden"
    case adminForbidden = "admin-forbidden"
    case originForbidden = "origin-forbidden"
    case rateLimited = "rate-limited"
    case tooManyConnections = "too-many-connections"

    package var status: Int {
      switch self {
      case .tokenMissing, .tokenInvalid, .tokenExpired: 401
      case .topicForbidden, .filterForbidden, .qosForbidden, .retainForbidden, .requestForbidden,
        .historyForbidden, .adminForbidden, .originForbidden:
        403
      case .rateLimited, .tooManyConnections: 429
      }
    }
  }

  package let code: Code
  package let detail: String
  /// What would help.
  package let hint: String?

  package init(_ code: Code, _ detail: String, hint: String? = nil) {
    self.code = code
    self.detail = detail
    self.hint = hint
  }
}

/// Whether a caller may do something.
package enum Decision: Equatable, Sendable {
  case granted
  case refused(Refusal)

  package var isGranted: Bool { self == .granted }
}
