/// The value of `WWW-Authenticate`. [RFC 6750, section 3]
package enum Challenge {
  /// The value for a refusal with status 401 or 403; `offersBasic` when there are users with passwords.
  package static func value(for refusal: Refusal, offersBasic: Bool) -> String {
    var value = #"Bearer realm="bridge""#
    switch refusal.code.status {
    case 401 where refusal.code != .tokenMissing: value += parameters("invalid_token", refusal)
    case 403: value += parameters("insufficient_scope", refusal)
    default: break
    }
    if offersBasic, refusal.code.status == 401 {
      value += #", Basic realm="bridge", charset="UTF-8""#
    }
    return value
  }

  private static func parameters(_ error: String, _ refusal: Refusal) -> String {
    #", error="\#(error)", error_description="\#(quotable(refusal.detail))""#
  }

  /// Only what RFC 6750 lets into a description: ASCII without quotation marks and backslashes.
  private static func quotable(_ text: String) -> String {
    String(
      decoding: text.unicodeScalars.map { scalar -> UInt8 in
        switch scalar.value {
        case 0x22, 0x5C: UInt8(ascii: "'")
        case 0x20...0x7E: UInt8(truncatingIfNeeded: scalar.value)
        default: UInt8(ascii: "?")
        }
      }, as: UTF8.self)
  }
}
