/// The two properties that every answer may have. [MQTT 5.0, 3.4.2.2]
struct Explanation {
  var reasonString: String?
  var userProperties: [UserProperty] = []

  var isEmpty: Bool { reasonString == nil && userProperties.isEmpty }
}

extension Explanation {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init()
    var block = try reader.beginProperties()
    while let id = try reader.nextProperty(&block) {
      switch id {
      case .reasonString: reasonString = try reader.string()
      case .userProperty: userProperties.append(try reader.userProperty())
      default: throw reader.malformed(.propertyNotAllowed(id))
      }
    }
  }
}

extension Explanation: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    try sink.property(.reasonString, string: reasonString)
    try sink.userProperties(userProperties)
  }
}
