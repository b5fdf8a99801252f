import MQTTClient

/// One message as the outbox keeps it: everything that PUBLISH needs except its packet identifier.
///
/// To change the format: add a tag (old rows stay readable), or a new version byte that `decode`
/// reads beside the old one.
enum StoredMessage {
  private static let version: UInt8 = 1

  private enum Tag: UInt8 {
    case payload = 0
    case payloadIsUTF8 = 1
    case messageExpiryInterval = 2
    case responseTopic = 3
    case correlationData = 4
    case userProperty = 5
    case contentType = 6
  }

  static func encode(_ publish: Publish) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(publish.payload.count + publish.topic.utf8.count + 64)
    bytes.append(version)
    bytes.append(publish.qos.rawValue | (publish.isRetained ? 4 : 0))
    append(publish.topic.utf8, to: &bytes)
    let properties = publish.properties
    if let isUTF8 = properties.payloadIsUTF8 {
      bytes.append(contentsOf: [Tag.payloadIsUTF8.rawValue, isUTF8 ? 1 : 0])
    }
    if let seconds = properties.messageExpiryInterval {
      bytes.append(Tag.messageExpiryInterval.rawValue)
      append(seconds, to: &bytes)
    }
    append(properties.responseTopic?.utf8, .responseTopic, to: &bytes)
    append(properties.correlationData, .correlationData, to: &bytes)
    append(properties.contentType?.utf8, .contentType, to: &bytes)
    for property in properties.userProperties {
      append(property.name.utf8, .userProperty, to: &bytes)
      append(property.value.utf8, to: &bytes)
    }
    bytes.append(Tag.payload.rawValue)
    bytes.append(contentsOf: publish.payload)
    return bytes
  }

  /// The QoS of an encoded message, without decoding the rest.
  static func qos(of bytes: [UInt8]) -> UInt8 { bytes.count > 1 ? bytes[1] & 3 : 0 }

  /// Topic, QoS and retain flag, read from the beginning of an encoded message.
  static func head(of bytes: [UInt8]) -> Publish? {
    var reader = Reader(rest: bytes[...])
    guard reader.byte() == version, let flags = reader.byte(), flags < 8,
      let qos = QoS(rawValue: flags & 3), let topic = reader.text()
    else { return nil }
    return Publish(topic: topic, payload: [], qos: qos, isRetained: flags & 4 != 0)
  }

  static func decode(_ bytes: [UInt8]) -> Publish? { decode(bytes[...]) }

  /// The message again, or nil when the bytes are not one; the payload shares their storage.
  static func decode(_ bytes: Bytes) -> Publish? {
    var reader = Reader(rest: bytes)
    guard reader.byte() == version, let flags = reader.byte(), flags < 8,
      let qos = QoS(rawValue: flags & 3), let topic = reader.text()
    else { return nil }
    var publish = Publish(topic: topic, payload: [], qos: qos, isRetained: flags & 4 != 0)
    while let tag = reader.byte().flatMap(Tag.init(rawValue:)) {
      switch tag {
      case .payload:
        publish.payload = reader.rest
        return publish
      case .payloadIsUTF8:
        guard let value = reader.byte() else { return nil }
        publish.properties.payloadIsUTF8 = value == 1
      case .messageExpiryInterval:
        guard let seconds = reader.number() else { return nil }
        publish.properties.messageExpiryInterval = seconds
      case .responseTopic:
        guard let text = reader.text() else { return nil }
        publish.properties.responseTopic = text
      case .correlationData:
        guard let data = reader.field() else { return nil }
        publish.properties.correlationData = data
      case .contentType:
        guard let text = reader.text() else { return nil }
        publish.properties.contentType = text
      case .userProperty:
        guard let name = reader.text(), let value = reader.text() else { return nil }
        publish.properties.userProperties.append(UserProperty(name, value))
      }
    }
    return nil
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift: UInt32 in [24, 16, 8, 0] {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  private static func append(_ field: some Collection<UInt8>, to bytes: inout [UInt8]) {
    append(UInt32(clamping: field.count), to: &bytes)
    bytes.append(contentsOf: field)
  }

  private static func append(
    _ field: (some Collection<UInt8>)?, _ tag: Tag, to bytes: inout [UInt8]
  ) {
    guard let field else { return }
    bytes.append(tag.rawValue)
    append(field, to: &bytes)
  }

  private struct Reader {
    var rest: Bytes

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func number() -> UInt32? {
      guard rest.count >= 4 else { return nil }
      let number = rest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      rest = rest.dropFirst(4)
      return number
    }

    mutating func field() -> Bytes? {
      guard let length = number(), rest.count >= Int(length) else { return nil }
      let field = rest.prefix(Int(length))
      rest = rest.dropFirst(Int(length))
      return field
    }

    mutating func text() -> String? {
      field().flatMap { String(validating: $0, as: UTF8.self) }
    }
  }
}
