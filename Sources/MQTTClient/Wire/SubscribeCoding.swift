/// The properties of SUBSCRIBE and, without the identifier, of UNSUBSCRIBE. [MQTT 5.0, 3.8.2.1]
private struct SubscribeProperties {
  var subscriptionIdentifier: UInt32?
  var userProperties: [UserProperty] = []
}

extension SubscribeProperties {
  init(_ reader: inout PacketReader, _ type: PacketType) throws(DecodeError) {
    self.init()
    var block = try reader.beginProperties()
    while let id = try reader.nextProperty(&block) {
      switch id {
      case .subscriptionIdentifier where type == .subscribe:
        subscriptionIdentifier = try reader.subscriptionIdentifier()
      case .userProperty: userProperties.append(try reader.userProperty())
      default: throw reader.malformed(.propertyNotAllowed(id))
      }
    }
  }
}

extension SubscribeProperties: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    if let subscriptionIdentifier { try sink.subscriptionIdentifier(subscriptionIdentifier) }
    try sink.userProperties(userProperties)
  }

  func write(
    into sink: inout some PacketSink, _ version: ProtocolVersion
  ) throws(EncodeError) {
    switch version {
    case .v5: try sink.properties(self)
    case .v311:
      guard subscriptionIdentifier == nil, userProperties.isEmpty else { throw .requiresVersion5 }
    }
  }
}

extension Subscribe {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init(packetID: try reader.packetID(), subscriptions: [])
    if reader.version == .v5 {
      let properties = try SubscribeProperties(&reader, .subscribe)
      subscriptionIdentifier = properties.subscriptionIdentifier
      userProperties = properties.userProperties
    }
    // [MQTT-3.8.3-2]
    guard reader.remaining > 0 else { throw reader.violation(.subscriptionsMissing) }
    while reader.remaining > 0 { subscriptions.append(try Subscription(&reader)) }
  }
}

extension Subscribe: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    guard !subscriptions.isEmpty else { throw .subscriptionsMissing }
    try sink.packetID(packetID)
    try SubscribeProperties(
      subscriptionIdentifier: subscriptionIdentifier, userProperties: userProperties
    ).write(into: &sink, version)
    for subscription in subscriptions { try subscription.write(into: &sink, version) }
  }
}

extension Subscription {
  fileprivate init(_ reader: inout PacketReader) throws(DecodeError) {
    let start = reader.offset
    let filter = try reader.topicFilter()
    let options = try reader.byte()
    // [MQTT-3.8.3-5]
    guard options & (reader.version == .v5 ? 0b1100_0000 : 0b1111_1100) == 0 else {
      throw .malformed(.subscriptionOptionsReserved, at: reader.offset - 1)
    }
    guard let qos = QoS(rawValue: options & 0b11) else {
      throw .malformed(.qosReserved, at: reader.offset - 1)
    }
    guard let retainHandling = RetainHandling(rawValue: options >> 4) else {
      throw .protocolError(.retainHandlingReserved, at: reader.offset - 1)
    }
    let noLocal = options & 0b100 != 0
    // [MQTT-3.8.3-4]
    guard !noLocal || !filter.isShared else {
      throw .protocolError(.noLocalOnSharedSubscription, at: start)
    }
    self.init(
      filter.text, maximumQoS: qos, noLocal: noLocal, retainAsPublished: options & 0b1000 != 0,
      retainHandling: retainHandling)
  }

  fileprivate func write(
    into sink: inout some PacketSink, _ version: ProtocolVersion
  ) throws(EncodeError) {
    let filter = try sink.topicFilter(self.filter)
    guard !noLocal || !filter.isShared else { throw .noLocalOnSharedSubscription }
    if version == .v311, noLocal || retainAsPublished || retainHandling != .send {
      throw .requiresVersion5
    }
    sink.byte(
      maximumQoS.rawValue | (noLocal ? 0b100 : 0) | (retainAsPublished ? 0b1000 : 0)
        | retainHandling.rawValue << 4)
  }
}

extension Unsubscribe {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init(packetID: try reader.packetID(), filters: [])
    if reader.version == .v5 {
      userProperties = try SubscribeProperties(&reader, .unsubscribe).userProperties
    }
    // [MQTT-3.10.3-2]
    guard reader.remaining > 0 else { throw reader.violation(.subscriptionsMissing) }
    while reader.remaining > 0 { filters.append(try reader.topicFilter().text) }
  }
}

extension Unsubscribe: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    guard !filters.isEmpty else { throw .subscriptionsMissing }
    try sink.packetID(packetID)
    try SubscribeProperties(userProperties: userProperties).write(into: &sink, version)
    for filter in filters { _ = try sink.topicFilter(filter) }
  }
}

extension PacketReader {
  fileprivate mutating func topicFilter() throws(DecodeError) -> TopicFilter {
    let start = offset
    let text = try string()
    guard let filter = try? TopicFilter(text) else {
      throw .protocolError(.topicFilterInvalid, at: start)
    }
    return filter
  }
}

extension PacketSink {
  fileprivate mutating func topicFilter(_ text: String) throws(EncodeError) -> TopicFilter {
    try string(text)
    guard let filter = try? TopicFilter(text) else { throw .topicFilterInvalid }
    return filter
  }
}
