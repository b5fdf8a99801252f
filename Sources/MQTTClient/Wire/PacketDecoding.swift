extension Packet {
  /// Reads a packet of which all bytes are there.
  init(_ type: PacketType, _ reader: inout PacketReader) throws(DecodeError) {
    switch type {
    case .connect: self = .connect(try Connect(&reader))
    case .connectAck: self = .connectAck(try ConnectAck(&reader))
    case .publish: self = .publish(try Publish(&reader))
    case .publishAck: self = .publishAck(try PublishReply(type, &reader))
    case .publishReceived: self = .publishReceived(try PublishReply(type, &reader))
    case .publishRelease: self = .publishRelease(try PublishReply(type, &reader))
    case .publishComplete: self = .publishComplete(try PublishReply(type, &reader))
    case .subscribe: self = .subscribe(try Subscribe(&reader))
    case .subscribeAck: self = .subscribeAck(try SubscribeAck(&reader))
    case .unsubscribe: self = .unsubscribe(try Unsubscribe(&reader))
    case .unsubscribeAck: self = .unsubscribeAck(try UnsubscribeAck(&reader))
    case .pingRequest: self = .pingRequest
    case .pingResponse: self = .pingResponse
    case .disconnect: self = .disconnect(try Disconnect(&reader))
    case .auth: self = .auth(try Auth(&reader))
    }
    try reader.finish()
  }
}
