/// The broker broke the protocol; the code tells it how, in DISCONNECT.
package struct ProtocolViolation: Error, Equatable, Sendable {
  package let reasonCode: ReasonCode

  package init(_ reasonCode: ReasonCode) { self.reasonCode = reasonCode }
}
