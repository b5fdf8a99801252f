/// Divides the filters of one SUBSCRIBE or UNSUBSCRIBE run into packets.
enum SubscriptionPacking {
  static func pack(
    _ elements: [SubscriptionElement], countMaximum: Int, bytesMaximum: Int
  ) -> [[SubscriptionElement]] {
    var packets: [[SubscriptionElement]] = []
    var packet: [SubscriptionElement] = []
    var bytes = 0
    for element in elements {
      if !packet.isEmpty, packet.count >= countMaximum || bytes + element.bytes > bytesMaximum {
        packets.append(packet)
        packet = []
        bytes = 0
      }
      packet.append(element)
      bytes += element.bytes
    }
    if !packet.isEmpty { packets.append(packet) }
    return packets
  }
}
