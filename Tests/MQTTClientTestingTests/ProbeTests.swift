import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ProbeTests {
  @Test(arguments: [4, 5]) func `a probe connects, subscribes, publishes and disconnects`(
    version: Int
  ) throws {
    let broker = try ScriptedBroker()
    let probe = try ProbeDriver()
    let connected = try probe.call(
      1, #""op":"connect","uri":"\#(broker.url)","version":\#(version),"clientId":"p""#)
    #expect(connected.contains(#""ok":true"#) && connected.contains(#""sessionPresent":false"#))
    let subscribed = try probe.call(2, #""op":"subscribe","filters":[{"f":"a/+","qos":1}]"#)
    #expect(subscribed.contains(#""codes":[1]"#))
    let published = try probe.call(3, #""op":"publish","topic":"a/b","payload64":"/w==","qos":2"#)
    #expect(published.contains(#""code":0"#) && published.contains(#""ok":true"#))
    let message = try probe.line(with: #""ev":"message""#)
    #expect(message.contains(#""payload64":"/w==""#) && message.contains(#""qos":1"#))
    let unsubscribed = try probe.call(4, #""op":"unsubscribe","filters":["a/+"]"#)
    #expect(unsubscribed.contains(#""codes":[0]"#))
    #expect(try probe.call(5, #""op":"disconnect","code":0"#).contains(#""ok":true"#))
    let ids = broker.packets.compactMap { packet -> PacketID? in
      switch packet.packet {
      case .subscribe(let subscribe): subscribe.packetID
      case .publish(let publish): publish.packetID
      case .unsubscribe(let unsubscribe): unsubscribe.packetID
      default: nil
      }
    }
    #expect(ids == [1, 2, 3])
    #expect(try probe.end() == .status(0))
  }

  @Test func `what the broker cannot take is refused without a packet`() throws {
    var properties = ConnectAck.Properties()
    properties.maximumQoS = .atMostOnce
    properties.maximumPacketSize = 64
    let ack = ConnectAck(sessionPresent: false, reasonCode: .success, properties: properties)
    let broker = try ScriptedBroker { $0.type == .connect ? [.send(.connectAck(ack))] : [.behave] }
    let probe = try ProbeDriver()
    _ = try probe.call(1, #""op":"connect","uri":"\#(broker.url)","clientId":"p""#)
    let tooHigh = try probe.call(2, #""op":"publish","topic":"a","payload":"","qos":1"#)
    #expect(tooHigh.contains(#""ok":false"#) && tooHigh.contains(#""code":155"#))
    let payload = String(repeating: "x", count: 100)
    let tooLong = try probe.call(3, #""op":"publish","topic":"a","payload":"\#(payload)""#)
    #expect(tooLong.contains(#""ok":false"#) && tooLong.contains(#""code":149"#))
    #expect(broker.packets.map(\.type) == [.connect])
  }

  @Test func `a refusal and a lost connection are told with their codes, and the next one begins`()
    throws
  {
    let broker = try ScriptedBroker { packet in
      guard packet.type == .connect, packet.connection == 1 else { return [.behave] }
      let ack = ConnectAck(sessionPresent: false, reasonCode: .notAuthorized)
      return [.send(.connectAck(ack)), .close]
    }
    let probe = try ProbeDriver()
    let refused = try probe.call(1, #""op":"connect","uri":"\#(broker.url)","clientId":"p""#)
    #expect(refused.contains(#""error":"refused""#) && refused.contains(#""code":135"#))
    #expect(try probe.call(2, #""op":"connect","uri":"\#(broker.url)""#).contains(#""ok":true"#))
    broker.perform([.send(.disconnect(Disconnect(.serverShuttingDown))), .close])
    #expect(try probe.line(with: #""ev":"closed""#).contains(#""code":139"#))
    #expect(try probe.call(3, #""op":"publish","topic":"a""#).contains(#""error":"closed""#))
  }

  @Test func `enhanced authentication is the driver's to answer`() throws {
    let broker = try ScriptedBroker { packet in
      switch packet.packet {
      case .connect(let connect):
        let method = connect.properties.authenticationMethod
        return [
          .send(
            .auth(
              Auth(
                .continueAuthentication, authenticationMethod: method,
                authenticationData: Bytes("who?".utf8))))
        ]
      case .auth(let auth):
        var properties = ConnectAck.Properties()
        properties.authenticationMethod = auth.authenticationMethod
        let isRight = auth.authenticationData == Bytes("me".utf8)
        return [
          .send(
            .connectAck(
              ConnectAck(
                sessionPresent: false, reasonCode: isRight ? .success : .notAuthorized,
                properties: properties)))
        ]
      default: return [.behave]
      }
    }
    let probe = try ProbeDriver()
    try probe.send(
      #"{"id":1,"op":"connect","uri":"\#(broker.url)","clientId":"p","acceptAuth":true,"props":{"authMethod":"m"}}"#
    )
    #expect(try probe.line(with: #""ev":"auth""#).contains(#""data":"who?""#))
    #expect(try probe.call(2, #""op":"auth","method":"m","data":"me""#).contains(#""ok":true"#))
    #expect(try probe.line(with: #""id":1,"#).contains(#""ok":true"#))
  }
}
