/// A claim or setting that cannot be understood, and where it stands (a JSON pointer). [RFC 6901]
package struct ClaimError: Error, Equatable, Sendable {
  package let pointer: String
  package let reason: String

  init(_ pointer: String, _ reason: String) {
    self.pointer = pointer
    self.reason = reason
  }

  package var refusal: Refusal {
    Refusal(.tokenInvalid, "claim \(GrantWords.short(pointer)): \(reason)")
  }
}
