import MQTTClient
import Testing

@Suite struct ReasonCodeTests {
  @Test(arguments: [
    (ReasonCode.success, "0x00 success"), (.reauthenticate, "0x19 re-authenticate"),
    (.unspecifiedError, "0x80 unspecified error"), (.notAuthorized, "0x87 not authorized"),
    (.topicFilterInvalid, "0x8F topic filter invalid"),
    (.quotaExceeded, "0x97 quota exceeded"),
    (.wildcardSubscriptionsNotSupported, "0xA2 wildcard subscriptions not supported"),
    (ReasonCode(rawValue: 0xA3), "0xA3"), (ReasonCode(rawValue: 0x03), "0x03"),
    (ReasonCode(rawValue: 0xFF), "0xFF"),
  ]) func `a reason code reads in words`(code: ReasonCode, text: String) {
    #expect(code.description == text)
  }

  @Test(arguments: [
    (DecodeError.packetTooLarge(size: 2, limit: 1), ReasonCode.packetTooLarge),
    (.unsupportedProtocol(level: 6), .unsupportedProtocolVersion),
    (.malformed(.truncated, at: 0), .malformedPacket),
    (.protocolError(.packetIDZero, at: 0), .protocolError),
    (.protocolError(.topicAliasZero, at: 0), .topicAliasInvalid),
    (.protocolError(.topicNameInvalid, at: 0), .topicNameInvalid),
    (.protocolError(.topicFilterInvalid, at: 0), .topicFilterInvalid),
    (.protocolError(.clientIDMissing, at: 0), .clientIdentifierNotValid),
  ]) func `a decode error says what to tell the peer`(error: DecodeError, code: ReasonCode) {
    #expect(error.reasonCode == code)
  }
}
