import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct PublishRouteTests {
  private func draft(
    _ endpoint: Endpoint, _ target: String, _ headers: HeaderFields = [:], _ body: [UInt8] = []
  ) throws(Problem) -> PublishDraft {
    try PublishRoute.draft(endpoint, "t", .publish(target, headers, body))
  }

  @Test func `PUT retains and POST does what it is told`() throws {
    #expect(try draft(.retainInTopic, "/topics/t").retain == true)
    #expect(try draft(.retainInTopic, "/topics/t?retain=true").retain == true)
    #expect(try draft(.publishToTopic, "/topics/t").retain == nil)
    #expect(try draft(.publishToTopic, "/topics/t?retain=0").retain == false)
    #expect(throws: Problem.self) { try draft(.retainInTopic, "/topics/t?retain=false") }
    #expect(throws: Problem.self) { try draft(.clearTopic, "/topics/t?retain=false") }
  }

  @Test func `DELETE publishes nothing, retained`() throws {
    let draft = try draft(.clearTopic, "/topics/t", ["Content-Type": "text/plain"])
    #expect(draft.retain == true)
    #expect(draft.payload.isEmpty)
    #expect(draft.properties == Publish.Properties())
  }

  @Test(
    arguments: [
      ("/publish?topic=t", [:], 100), ("/publish", ["Mqtt-Topic": "t"], 100),
      ("/publish", [:], 200 + 65_536), ("/publish?retain=1", [:], 200 + 65_536),
    ] as [(String, HeaderFields, Int)])
  func `an envelope may be longer than its payload`(
    target: String, headers: HeaderFields, limit: Int
  ) {
    var configuration = BridgeConfiguration()
    configuration.http.payloadBytes = ByteCount(bytes: 100)
    let head = RequestHead(method: "POST", target: target, headers: headers)
    #expect(PublishRoute.bodyLimit(.publish, head, SharedConfiguration(configuration)) == limit)
    #expect(
      PublishRoute.bodyLimit(.publishToTopic, head, SharedConfiguration(configuration)) == 100)
    #expect(PublishRoute.bodyLimit(.clearTopic, head, SharedConfiguration(configuration)) == 0)
  }

  @Test func `every refusal says what was kept, once`() {
    let plain = PublishRoute.withKept(Problem(.badJSON))
    #expect(plain.members == PublishResponse.notKept)
    #expect(PublishRoute.withKept(plain) == plain)
    let unknown = PublishResponse.problem(.unknown)
    #expect(PublishRoute.withKept(unknown) == unknown)
  }
}
