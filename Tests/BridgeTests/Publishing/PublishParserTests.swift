import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct PublishParserTests {
  @Test(arguments: PublishVectors.query)
  func `fields in the query`(vector: PublishVector) { check(vector) }

  @Test(arguments: PublishVectors.path)
  func `a topic in the path`(vector: PublishVector) { check(vector) }

  @Test(arguments: PublishVectors.headers)
  func `fields in headers`(vector: PublishVector) { check(vector) }

  @Test(arguments: EnvelopeVectors.payloads)
  func `the payload of a JSON envelope`(vector: PublishVector) { check(vector) }

  @Test(arguments: EnvelopeVectors.fields)
  func `the fields of a JSON envelope`(vector: PublishVector) { check(vector) }

  @Test(arguments: EnvelopeVectors.forms)
  func `a form as an envelope`(vector: PublishVector) { check(vector) }

  private func check(_ vector: PublishVector) {
    do throws(Problem) {
      let draft = try PublishParser.parse(vector.request, pathTopic: vector.pathTopic)
      guard case .fields(let fields) = vector.expected else {
        Issue.record("nothing was refused")
        return
      }
      #expect(PublishVector.Fields(draft) == fields)
    } catch {
      guard case .problem(let code) = vector.expected else {
        Issue.record("refused: \(error.line)")
        return
      }
      #expect(error.code == code)
    }
  }

  @Test func `a body beside a topic is the payload byte for byte`() throws {
    let body: [UInt8] = [0, 0xFF, 0x0D, 0x0A, 0x7B]
    let request = Request.publish("/publish?topic=t", ["Content-Type": "text/plain"], body)
    let draft = try PublishParser.parse(request)
    #expect(draft.payload == body)
    #expect(draft.properties.contentType == "text/plain")
    #expect(draft.properties.payloadIsUTF8 == nil)
  }

  @Test func `data and names that no packet can carry are refused`() throws {
    let data = Base64.encode(repeatElement(0, count: 65_536))
    #expect(throws: Problem.self) {
      try PublishParser.parse(.publish("/publish?topic=t", ["Mqtt-Correlation-Data": data]))
    }
    let most = Base64.encode(repeatElement(0, count: 65_535))
    _ = try PublishParser.parse(.publish("/publish?topic=t", ["Mqtt-Correlation-Data": most]))
    let name = String(repeating: "a", count: 65_536)
    #expect(throws: Problem.self) {
      try PublishParser.parse(.publish("/publish?topic=t", ["Mqtt-User-Property": name + "=b"]))
    }
  }

  @Test func `an error names the place, not the payload`() {
    let request = Request.publish(
      "/publish", ["Content-Type": "application/json"], Array(#"{"topic":"t","secret" 1}"#.utf8))
    let error = #expect(throws: Problem.self) { try PublishParser.parse(request) }
    #expect(error?.members == [.init("offset", .integer(22))])
    #expect(error?.line.contains("secret") == false)
  }
}
