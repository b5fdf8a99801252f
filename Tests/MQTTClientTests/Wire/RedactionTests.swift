import MQTTClient
import Testing

@Suite struct RedactionTests {
  static let secret = Array("hunter2!".utf8)[...]

  static var packets: [Packet] {
    var connect = Connect(
      version: .v5, clientID: "bridge", username: "hunter2!", password: secret,
      will: Will(
        topic: "gone", payload: secret,
        properties: Publish.Properties { $0.correlationData = secret }))
    connect.properties.authenticationMethod = "K"
    connect.properties.authenticationData = secret
    let connectAck = ConnectAck(
      sessionPresent: false, reasonCode: .success,
      properties: ConnectAck.Properties { $0.authenticationData = secret })
    let publish = Publish(
      topic: "t", payload: secret,
      properties: Publish.Properties { $0.correlationData = secret })
    return [
      .connect(connect), .connectAck(connectAck), .publish(publish),
      .auth(Auth(.reauthenticate, authenticationMethod: "K", authenticationData: secret)),
    ]
  }

  @Test(arguments: packets) func `a packet does not show its secrets`(packet: Packet) {
    var dumped = ""
    dump(packet, to: &dumped)
    for text in ["\(packet)", String(reflecting: packet), dumped] {
      #expect(!text.contains("hunter2"))
      #expect(!text.contains("104"), "the first byte of the secret is in \(text)")
      #expect(text.contains("8 bytes"))
    }
  }

  @Test func `a packet shows what it is about`() {
    let text = "\(Packet.publish(Publish(topic: "a/b", payload: [1, 2], packetID: 7)))"
    #expect(text.contains("a/b"))
    #expect(text.contains("2 bytes"))
    #expect(text.contains("7"))
  }
}
