import EventLoop
import MQTTClient
import TestSupport
import Testing

@Suite struct PacketTraceTests {
  private final class Lines: Sendable {
    private let lines = Locked<[PacketTrace.Entry]>([])
    var all: [PacketTrace.Entry] { lines.withLock { $0 } }
    func add(_ entry: PacketTrace.Entry) { lines.withLock { $0.append(entry) } }
  }

  @Test func `every packet of both directions is seen with its size`() throws {
    let lines = Lines()
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.trace = PacketTrace { lines.add($0) }
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let publish = Publish(topic: "a/b", payload: [1, 2, 3, 4], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: publish, packetID: 7))
    let sent = try peer.nextPublish()
    try peer.send(.publishAck(PublishReply(7, .noMatchingSubscribers)))
    _ = try test.events.finished(1)
    let entries = lines.all
    #expect(entries.map(\.type) == [.connect, .connectAck, .publish, .publishAck])
    #expect(entries.map(\.direction) == [.sent, .received, .sent, .received])
    #expect(entries[2].size == (try peer.encoded(.publish(sent)).count))
    #expect(entries[3].reasonCodes == [.noMatchingSubscribers])
    #expect(entries[2].description == "→ PUBLISH 14 bytes id=7 qos=1 topic=\"a/b\" payload=4")
    #expect(entries[3].description == "← PUBACK 5 bytes id=7 0x10 no matching subscribers")
  }

  @Test(arguments: [0, 2, 100])
  func `a payload shows as many bytes as were asked for`(limit: Int) throws {
    let lines = Lines()
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.trace = PacketTrace(showsTopics: false, payloadBytesMax: limit) { lines.add($0) }
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.publish(PublishRequest(key: 1, publish: Publish(topic: "t", payload: [1, 2, 255])))
    _ = try peer.nextPublish()
    let entry = try #require(lines.all.last { $0.type == .publish })
    #expect(entry.payloadStart == Array([1, 2, 255].prefix(limit)))
    #expect(entry.topics.isEmpty)
    #expect(entry.description.contains("begins=0102") == (limit > 0))
  }
}
