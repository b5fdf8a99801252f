import MQTTClient
import Testing

@Suite struct MessageTests {
  @Test func `a message has text or bytes for content, which no description shows`() {
    let message = Message("t", text: "secret")
    #expect(message.payload == Bytes("secret".utf8))
    #expect(Message("t", payload: [0xFF]).text == nil)
    var dumped = ""
    dump(message, to: &dumped)
    let shown = "\(message)" + String(reflecting: message) + dumped
    #expect(!shown.contains("secret"))
    #expect(shown.contains("6 bytes"))
  }

  @Test func `properties have short names`() {
    var message = Message("t")
    message.payloadIsUTF8 = true
    message.expiry = 5
    message.contentType = "text/plain"
    message.userProperties = [UserProperty("a", "1"), UserProperty("a", "2")]
    #expect(message.properties.payloadIsUTF8 == true)
    #expect(message.properties.messageExpiryInterval == 5)
    #expect(message.properties.contentType == "text/plain")
    #expect(message.userProperty("a") == "1")
    #expect(message.userProperty("b") == nil)
  }

  @Test func `a reply goes where the request asks for, with its correlation data`() {
    var request = Message("t")
    #expect(request.reply(text: "x") == nil)
    request.responseTopic = "answers/#"
    #expect(request.reply(text: "x") == nil)
    request.responseTopic = "answers"
    request.correlationData = [1, 2]
    let reply = request.reply(text: "x")
    #expect(reply?.topic == "answers")
    #expect(reply?.correlationData == [1, 2])
  }

  @Test func `a trace context travels in user properties`() {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    var message = Message("t")
    message.userProperties = [UserProperty("traceparent", "old"), UserProperty("kept", "1")]
    #expect(message.traceContext == nil)
    message.traceContext = TraceContext(traceparent: text, tracestate: "a=b")
    #expect(message.userProperty("traceparent") == text)
    #expect(message.userProperty("tracestate") == "a=b")
    #expect(message.userProperties.count == 3)
    #expect(message.traceContext?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
    message.traceContext = nil
    #expect(message.userProperties == [UserProperty("kept", "1")])
  }

  @Test(arguments: [
    "", "00", "00-0-0-0", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
  ])
  func `a malformed trace context is none`(text: String) {
    #expect(TraceContext(traceparent: text) == nil)
  }
}

@Suite struct TopicTemplateTests {
  @Test func `a template is a filter, makes topics and reads them`() throws {
    let template = try TopicTemplate("rooms/{room}/sensors/{sensor}")
    #expect(template.names == ["room", "sensor"])
    #expect(template.filter == "rooms/+/sensors/+")
    let values = ["room": "7", "sensor": "door"]
    #expect(try template.topic(values) == "rooms/7/sensors/door")
    #expect(template.values(in: "rooms/7/sensors/door") == values)
    #expect(template.values(in: "rooms/7/sensors") == nil)
    #expect(template.values(in: "rooms/7/other/door") == nil)
    #expect(template.values(in: "rooms//sensors/door")?["room"] == "")
  }

  @Test func `what is no template is refused`() {
    #expect(throws: TopicTemplate.Invalid.topic) { try TopicTemplate("") }
    #expect(throws: TopicTemplate.Invalid.topic) { try TopicTemplate("a/+") }
    #expect(throws: TopicTemplate.Invalid.name("{}")) { try TopicTemplate("a/{}") }
    #expect(throws: TopicTemplate.Invalid.name("x{b}")) { try TopicTemplate("a/x{b}") }
    #expect(throws: TopicTemplate.Invalid.name("{b}")) { try TopicTemplate("{b}/{b}") }
  }

  @Test func `values must be there and be one level`() throws {
    let template = try TopicTemplate("a/{b}")
    #expect(throws: TopicTemplate.Invalid.missing("b")) { try template.topic([:]) }
    for value in ["", "x/y", "+", "#", "\0"] {
      #expect(throws: TopicTemplate.Invalid.value("b")) { try template.topic(["b": value]) }
    }
  }
}
