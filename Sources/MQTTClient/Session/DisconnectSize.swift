extension Disconnect {
  /// Without the explanations that would make the packet longer than the broker takes.
  ///
  /// The user properties go first, then the reason string. [MQTT-3.14.2-3] [MQTT-3.14.2-4]
  func fitting(_ maximumSize: Int) -> Self {
    var packet = self
    if !packet.fits(maximumSize) { packet.userProperties = [] }
    if !packet.fits(maximumSize) { packet.reasonString = nil }
    return packet
  }

  private func fits(_ maximumSize: Int) -> Bool {
    guard reasonString != nil || !userProperties.isEmpty else { return true }
    let size = try? PacketEncoder.encodedSize(of: .disconnect(self), version: .v5)
    return size.map { $0 <= maximumSize } ?? false
  }
}
