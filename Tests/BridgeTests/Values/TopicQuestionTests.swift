import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct TopicQuestionTests {
  private func question(
    _ target: String = "/topics/a", _ headers: HeaderFields = [:], path: String? = "a"
  ) throws(Problem) -> TopicQuestion {
    try TopicQuestion(path, RequestHead(method: "GET", target: target, headers: headers))
  }

  private func code(
    _ target: String, _ headers: HeaderFields = [:], path: String? = "a"
  ) -> ProblemCode? {
    do throws(Problem) {
      _ = try question(target, headers, path: path)
      return nil
    } catch {
      return error.code
    }
  }

  private func value(
    _ payload: String = "x", time: Int64? = 1_790_071_872_345, type: String? = nil
  ) -> TopicValue {
    var publish = Publish(topic: "a", payload: Array(payload.utf8)[...], qos: .atLeastOnce)
    publish.properties.contentType = type
    return TopicValue(publish, time: time, source: time == nil ? .broker : .cache)
  }

  private static let senseless: [(String, String?, ProblemCode)] = [
    ("/topics/a?topic=b", "a", .unknownParameter), ("/topics", nil, .missingTopic),
    ("/topics?topic=a&topic=b", nil, .badParameter), ("/topics?topic=a/%23", nil, .topicInvalid),
    ("/topics?topic=a/+", nil, .topicInvalid), ("/topics/a?encoding=x", "a", .badParameter),
    ("/topics/a?qos=1", "a", .unknownParameter), ("/topics?topic=%ZZ", nil, .badParameter),
  ]

  @Test(arguments: senseless)
  func `questions that make no sense are refused`(
    target: String, path: String?, code: ProblemCode
  ) {
    #expect(self.code(target, path: path) == code)
  }

  @Test func `a topic can be in the query, and x_ parameters are ignored`() throws {
    #expect(try question("/topics?topic=/a/b&x_n=1", path: nil).topic == "/a/b")
  }

  @Test(arguments: [
    ("", false), ("*/*", false), ("application/json", true), ("application/*", false),
    ("application/json, */*;q=0.5", true), ("text/html, */*", false),
  ])
  func `JSON comes to who asks for it by name`(accept: String, isEnvelope: Bool) throws {
    let headers: HeaderFields = accept.isEmpty ? [:] : ["Accept": accept]
    #expect(try question("/topics/a", headers).isEnvelope == isEnvelope)
  }

  @Test func `the raw answer is the payload with what the message says of itself`() throws {
    var value = value(type: "text/plain")
    var publish = value.publish
    publish.properties.userProperties = [UserProperty("a", "1"), UserProperty("a", "2\n\u{E9}")]
    publish.isRetained = true
    publish.topic = "a b/\u{E9}"
    value = TopicValue(publish, time: value.time, source: .cache)
    let response = try question().answer(value, at: 1_790_071_875_000)
    #expect(response.status == 200 && response.body == Array("x".utf8))
    #expect(response.headers["Content-Type"] == "text/plain")
    #expect(response.headers["Mqtt-Qos"] == "1" && response.headers["Mqtt-Retain"] == "true")
    #expect(response.headers["Mqtt-Topic"] == "a%20b/%C3%A9")
    let pairs = response.headers["Mqtt-User-Properties"].flatMap(Base64.decode) ?? []
    #expect(String(decoding: pairs, as: UTF8.self) == #"[["a","1"],["a","2\n\#u{E9}"]]"#)
    #expect(response.headers["Last-Modified"] == "Tue, 22 Sep 2026 10:11:12 GMT")
    #expect(response.headers["Age"] == "2" && response.headers["Bridge-Source"] == "cache")
    let policy = response.headers["Content-Security-Policy"]
    #expect(policy == "default-src 'none'; frame-ancestors 'none'; sandbox")
    #expect(response.headers["X-Content-Type-Options"] == "nosniff")
  }

  @Test(arguments: ["", "nonsense", "a/b\r\nX: y", "a/\u{E9}"])
  func `a content type that no header can carry is left out`(type: String) throws {
    let response = try question().answer(value(type: type), at: 0)
    #expect(response.headers["Content-Type"] == "application/octet-stream")
  }

  @Test func `a value of the broker has no time of its own`() throws {
    let response = try question().answer(value(time: nil), at: 9)
    #expect(!response.headers.contains("Age") && !response.headers.contains("Last-Modified"))
    #expect(response.headers["Bridge-Source"] == "broker")
    let json = try question("/topics/a", ["Accept": "application/json"])
      .answer(value(time: nil), at: 9)
    #expect(
      String(decoding: json.body, as: UTF8.self)
        == #"{"topic":"a","payload":"x","qos":1,"retain":false}"#)
  }

  @Test func `the tag of a value is strong, and another for other bytes`() throws {
    func tag(_ value: TopicValue, _ headers: HeaderFields = [:]) throws -> String {
      try #require(try question("/topics/a", headers).answer(value, at: 0).headers["ETag"])
    }
    let json: HeaderFields = ["Accept": "application/json"]
    #expect(try tag(value()).hasPrefix("\""))
    #expect(try tag(value()) == tag(value(time: 5)) && tag(value()) == tag(value(time: nil)))
    #expect(try tag(value()) != tag(value("y")) && tag(value()) != tag(value(), json))
    #expect(try tag(value(), json) != tag(value(time: 5), json))
    #expect(try tag(value()) != tag(value(type: "text/plain")))
  }

  @Test func `who has the value is told so`() throws {
    let tag = value().tag(isEnvelope: false, .auto)
    for known in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
      let response = try question("/topics/a", ["If-None-Match": known]).answer(value(), at: 0)
      #expect(response.status == 304 && response.body.isEmpty)
      #expect(response.headers["ETag"] == tag)
    }
    let other = try question("/topics/a", ["If-None-Match": tag]).answer(value("y"), at: 0)
    #expect(other.status == 200)
  }

  @Test func `only who has a value waits for another`() throws {
    #expect(try question("/topics/a", ["Prefer": "wait=5"]).wait == nil)
    let question = try question("/topics/a", ["Prefer": "wait=5", "If-None-Match": "\"a\""])
    #expect(question.wait == .seconds(5))
    #expect(question.answer(value(), at: 0).headers["Preference-Applied"] == "wait=5")
  }
}
