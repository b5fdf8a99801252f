/// Whether a request of the application can be put on the wire at all.
///
/// One that cannot is answered at once: were it found only while encoding, it could not be told
/// from a broken link, and the session would try it again on the next one, for ever.
enum RequestCheck {
  /// Why the topic filters cannot be subscribed; nil when they can.
  static func refusal(of request: SubscribeRequest, _ version: ProtocolVersion) -> ReasonCode? {
    guard !request.subscriptions.isEmpty else { return nil }
    let identifier = version == .v5 ? request.subscriptionIdentifier : nil
    let probe = Subscribe(
      packetID: 1, subscriptions: request.subscriptions, subscriptionIdentifier: identifier,
      userProperties: version == .v5 ? request.userProperties : [])
    return refusal(of: .subscribe(probe), version)
  }

  /// Why the topic filters cannot be unsubscribed; nil when they can.
  static func refusal(
    of filters: [String], _ userProperties: [UserProperty], _ version: ProtocolVersion
  ) -> ReasonCode? {
    guard !filters.isEmpty else { return nil }
    let probe = Unsubscribe(
      packetID: 1, filters: filters, userProperties: version == .v5 ? userProperties : [])
    return refusal(of: .unsubscribe(probe), version)
  }

  private static func refusal(of packet: Packet, _ version: ProtocolVersion) -> ReasonCode? {
    do throws(EncodeError) {
      _ = try PacketEncoder.encodedSize(of: packet, version: version)
      return nil
    } catch {
      switch error {
      case .topicMissing, .topicNameInvalid: return .topicNameInvalid
      case .topicFilterInvalid: return .topicFilterInvalid
      case .packetTooLarge: return .packetTooLarge
      case .noLocalOnSharedSubscription, .requiresVersion5: return .protocolError
      case .stringTooLong, .stringContainsNUL, .binaryTooLong, .packetIDZero, .packetIDMissing,
        .packetIDSuperfluous, .duplicateAtQoS0, .subscriptionsMissing, .reasonCodesMissing,
        .reasonCodeNotAllowed, .propertyValueNotAllowed, .propertyNotAllowed,
        .sessionPresentWithFailure, .passwordWithoutUsername, .clientIDMissing,
        .authenticationMethodMissing, .bridgeFlagInVersion5, .versionMismatch:
        return .malformedPacket
      }
    }
  }
}
