import MQTTClient

/// The names that properties have in the probe's protocol.
extension Publish.Properties {
  init(_ object: ProbeObject?) {
    self.init()
    guard let object else { return }
    payloadIsUTF8 = object.int("payloadFormat").map { $0 == 1 }
    messageExpiryInterval = object.int("messageExpiry").map { UInt32(clamping: $0) }
    topicAlias = object.int("topicAlias").map { UInt16(clamping: $0) }
    responseTopic = object.string("responseTopic")
    correlationData = object.bytes("correlationData")
    userProperties = object.userProperties
    contentType = object.string("contentType")
  }

  var probeObject: ProbeObject {
    var object = ProbeObject()
    object["payloadFormat"] = payloadIsUTF8.map { $0 ? 1 : 0 }
    object["messageExpiry"] = messageExpiryInterval.map { Int($0) }
    object["topicAlias"] = topicAlias.map { Int($0) }
    object["responseTopic"] = responseTopic
    object.set("correlationData", bytes: correlationData)
    object["contentType"] = contentType
    let identifiers = subscriptionIdentifiers.map { Int($0) }
    if identifiers.count == 1 { object["subscriptionId"] = identifiers[0] }
    if identifiers.count > 1 { object["subscriptionId"] = identifiers }
    object.setUser(userProperties)
    return object
  }
}

extension Connect.Properties {
  init(_ object: ProbeObject?) {
    self.init()
    guard let object else { return }
    sessionExpiryInterval = object.int("sessionExpiry").map { UInt32(clamping: $0) }
    receiveMaximum = object.int("receiveMaximum").map { UInt16(clamping: $0) }
    maximumPacketSize = object.int("maximumPacketSize").map { UInt32(clamping: $0) }
    topicAliasMaximum = object.int("topicAliasMaximum").map { UInt16(clamping: $0) }
    requestResponseInformation = object.int("requestResponseInformation").map { $0 == 1 }
    requestProblemInformation = object.int("requestProblemInformation").map { $0 == 1 }
    userProperties = object.userProperties
  }
}

extension ConnectAck.Properties {
  var probeObject: ProbeObject {
    var object = ProbeObject()
    object["sessionExpiry"] = sessionExpiryInterval.map { Int($0) }
    object["receiveMaximum"] = receiveMaximum.map { Int($0) }
    object["maximumQoS"] = maximumQoS.map { Int($0.rawValue) }
    object["retainAvailable"] = retainAvailable
    object["maximumPacketSize"] = maximumPacketSize.map { Int($0) }
    object["assignedClientId"] = assignedClientIdentifier
    object["topicAliasMaximum"] = topicAliasMaximum.map { Int($0) }
    object["reasonString"] = reasonString
    object["wildcardSubscriptionAvailable"] = wildcardSubscriptionAvailable
    object["subscriptionIdAvailable"] = subscriptionIdentifiersAvailable
    object["sharedSubscriptionAvailable"] = sharedSubscriptionAvailable
    object["serverKeepAlive"] = serverKeepAlive.map { Int($0) }
    object["responseInformation"] = responseInformation
    object["serverReference"] = serverReference
    object["authMethod"] = authenticationMethod
    object.set("authData", bytes: authenticationData)
    object.setUser(userProperties)
    return object
  }
}

extension ProbeObject {
  var userProperties: [UserProperty] {
    guard let pairs = self["user"] as? [[String]] else { return [] }
    return pairs.compactMap { $0.count == 2 ? UserProperty($0[0], $0[1]) : nil }
  }

  mutating func setUser(_ properties: [UserProperty]) {
    if !properties.isEmpty { self["user"] = properties.map { [$0.name, $0.value] } }
  }
}

extension QoS {
  init?(probe value: Int) {
    guard let byte = UInt8(exactly: value) else { return nil }
    self.init(rawValue: byte)
  }
}
