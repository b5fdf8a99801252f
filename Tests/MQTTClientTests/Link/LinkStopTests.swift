import MQTTClient
import TestSupport
import Testing

/// How a link ends.
@Suite struct LinkStopTests {
  @Test func `stopping says goodbye, answers what is open and ends`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let publish = Publish(topic: "a", payload: [], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: publish))
    _ = try peer.nextPublish()
    test.link.stop(within: .seconds(60))
    #expect(try peer.next() == .disconnect(Disconnect()))
    #expect(try peer.nextIfAny() == nil)
    peer.socket.close()
    test.link.join()
    #expect(try test.events.finished(1) == .maybeSent(.stopped))
    #expect(try test.events.next() == .stopped)
    #expect(!test.link.send { _ in })
    #expect(!test.link.sendReserved { _ in })
  }

  @Test func `unread messages do not tear DISCONNECT down with them`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let paused = Counter()
    try test.perform { link in
      link.pauseReading()
      paused.increment()
    }
    #expect(eventually { paused.value == 1 })
    for _ in 0..<1000 { try peer.send(.publish(Publish(topic: "t", payload: [1]))) }
    test.link.stop(within: .seconds(60))
    #expect(try peer.next() == .disconnect(Disconnect()))
    #expect(try peer.nextIfAny() == nil)
    peer.socket.close()
    test.link.join()
  }

  @Test func `everything published before the stop leaves before DISCONNECT`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let payload = [UInt8](repeating: 1, count: 100_000)[...]
    try test.perform { link in
      for key in 0..<100 {
        link.publish(
          PublishRequest(key: UInt64(key), publish: Publish(topic: "a", payload: payload)))
      }
      link.stop(within: .seconds(60))
    }
    for _ in 0..<100 { #expect(try peer.nextPublish().payload == payload) }
    #expect(try peer.next() == .disconnect(Disconnect()))
    peer.socket.close()
    test.link.join()
  }

  @Test func `a broker that takes no bytes cannot hold up the end`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.closeTimeout = .seconds(1000)
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let payload = [UInt8](repeating: 1, count: 1 << 20)[...]
    try test.perform { link in
      for key in 0..<32 {
        link.publish(
          PublishRequest(key: UInt64(key), publish: Publish(topic: "a", payload: payload)))
      }
    }
    test.link.stop(within: .milliseconds(50))
    test.link.join()
    _ = try test.events.first { if case .stopped = $0 { true } else { nil } }
    _ = peer
  }

  @Test func `messages accepted before the end are handled before the end`() throws {
    let port = try FreePort.next()
    var options = try ClientOptions.test(port: port)
    options.messagesPerTurn = 1
    let test = try TestLink(options)
    let handled = Counter()
    var accepted = 0
    test.link.stop(within: .seconds(60))
    while test.link.send({ _ in handled.increment() }) { accepted += 1 }
    test.link.join()
    #expect(handled.value == accepted)
  }

  @Test func `a link that never connected ends at once`() throws {
    let port = try FreePort.next()
    let test = try TestLink(.test(port: port))
    _ = try test.events.down()
    let publish = Publish(topic: "a", payload: [], qos: .exactlyOnce)
    try test.publish(PublishRequest(key: 1, publish: publish))
    try test.publish(PublishRequest(key: 2, publish: Publish(topic: "a", payload: [])))
    #expect(try test.events.finished(2) == .notSent(.linkDown))
    test.link.stop(within: .seconds(60))
    test.link.join()
    #expect(try test.events.finished(1) == .notSent(.stopped))
  }

  @Test func `a link that never started is joined at once`() throws {
    let events = try EventRecorder()
    let link = try Link(.test(port: 1)) { TestApplication(events, react: nil) }
    link.stop(within: .zero)
    link.join()
  }
}
