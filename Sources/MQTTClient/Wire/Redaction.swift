/// What packets show of themselves when they are printed, dumped or part of an error text.
///
/// Passwords, tokens and payloads must never get there, so each type that holds some says what it
/// shows; the rest appears as a number of bytes.
private struct Hidden: CustomReflectable, CustomStringConvertible {
  let description: String

  init(_ bytes: Bytes) { description = "\(bytes.count) bytes" }

  /// User names are hidden too: some brokers take an access token in their place.
  init(_ text: String) { description = "\(text.utf8.count) bytes" }

  var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

extension Mirror {
  /// Leaves out what is not set.
  fileprivate init<Subject>(
    _ subject: Subject, showing fields: KeyValuePairs<String, (any Sendable)?>
  ) {
    let children = fields.compactMap { label, value in value.map { Child(label, $0) } }
    self.init(subject, children: children, displayStyle: .struct)
  }
}

extension Connect: CustomReflectable {
  /// What a dump shows: no secret, and nothing that is not set.
  public var customMirror: Mirror {
    Mirror(
      self,
      showing: [
        "version": version, "clientID": clientID, "cleanStart": cleanStart,
        "keepAlive": keepAlive, "username": username.map { Hidden($0) },
        "password": password.map { Hidden($0) }, "will": will,
        "isBridge": isBridge ? true : nil, "properties": properties,
      ])
  }
}

extension Connect.Properties: CustomReflectable {
  /// What a dump shows: no secret, and nothing that is not set.
  public var customMirror: Mirror {
    Mirror(
      self,
      showing: [
        "sessionExpiryInterval": sessionExpiryInterval, "receiveMaximum": receiveMaximum,
        "maximumPacketSize": maximumPacketSize, "topicAliasMaximum": topicAliasMaximum,
        "requestResponseInformation": requestResponseInformation,
        "requestProblemInformation": requestProblemInformation,
        "userProperties": userProperties, "authenticationMethod": authenticationMethod,
        "authenticationData": authenticationData.map { Hidden($0) },
      ])
  }
}

extension Will: CustomReflectable {
  /// What a dump shows: no secret, and nothing that is not set.
  public var customMirror: Mirror {
    Mirror(
      self,
      showing: [
        "topic": topic, "payload": Hidden(payload), "qos": qos, "isRetained": isRetained,
        "delayInterval": delayInterval, "properties": properties,
      ])
  }
}

extension ConnectAck.Properties: CustomReflectable {
  /// What a dump shows: no secret, and nothing that is not set.
  public var customMirror: Mirror {
    Mirror(
      self,
      showing: [
        "sessionExpiryInterval": sessionExpiryInterval, "receiveMaximum": receiveMaximum,
        "maximumQoS": maximumQoS, "retainAvailable": retainAvailable,
        "maximumPacketSize": maximumPacketSize,
        "assignedClientIdentifier": assignedClientIdentifier,
        "topicAliasMaximum": topicAliasMaximum, "reasonString": reasonString,
        "userProperties": userProperties,
        "wildcardSubscriptionAvailable": wildcardSubscriptionAvailable,
        "subscriptionIdentifiersAvailable": subscriptionIdentifiersAvailable,
        "sharedSubscriptionAvailable": sharedSubscriptionAvailable,
        "serverKeepAlive": serverKeepAlive, "responseInformation": responseInformation,
        "serverReference": serverReference, "authenticationMethod": authenticationMethod,
        "authenticationData": authenticationData.map { Hidden($0) },
      ])
  }
}

extension Publish: CustomReflectable {
  /// What a dump shows: no secret, and nothing that is not set.
  public var customMirror: Mirror {
    Mirror(
      self,
      showing: [
        "topic": topic, "payload": Hidden(payload), "qos": qos, "isRetained": isRetained,
        "isDuplicate": isDuplicate, "packetID": packetID, "properties": properties,
      ])
  }
}

extension Publish.Properties: CustomReflectable {
  /// What a dump shows: no secret, and nothing that is not set.
  public var customMirror: Mirror {
    Mirror(
      self,
      showing: [
        "payloadIsUTF8": payloadIsUTF8, "messageExpiryInterval": messageExpiryInterval,
        "topicAlias": topicAlias, "responseTopic": responseTopic,
        "correlationData": correlationData.map { Hidden($0) },
        "userProperties": userProperties, "subscriptionIdentifiers": subscriptionIdentifiers,
        "contentType": contentType,
      ])
  }
}

extension Auth: CustomReflectable {
  /// What a dump shows: no secret, and nothing that is not set.
  public var customMirror: Mirror {
    Mirror(
      self,
      showing: [
        "reasonCode": reasonCode, "authenticationMethod": authenticationMethod,
        "authenticationData": authenticationData.map { Hidden($0) },
        "reasonString": reasonString, "userProperties": userProperties,
      ])
  }
}
