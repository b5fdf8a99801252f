/// Requests with one thing wrong in each.
enum BadRequests {
  /// Refused publishes; nothing of them is kept.
  static let publishes: [BadRequest] = fields + headers + envelopes + forms

  private static let fields: [BadRequest] = [
    BadRequest("no topic", "POST", "/publish", 400, "missing-topic"),
    BadRequest("no topic for this body", "POST", "/publish", body: "x", 400, "missing-topic"),
    BadRequest(
      "a body that cannot name a topic", "POST", "/publish",
      headers: ["Content-Type": "text/plain"], body: "x", 415, "unsupported-media-type"),
    BadRequest("an empty topic", "POST", "/publish?topic=", body: "x", 400, "topic-invalid"),
    BadRequest("a wildcard", "POST", "/publish?topic=a/%23", body: "x", 400, "topic-invalid"),
    BadRequest("a plus", "POST", "/publish?topic=a/%2B/b", body: "x", 400, "topic-invalid"),
    BadRequest("a wildcard in the path", "POST", "/topics/a/+", body: "x", 400, "topic-invalid"),
    BadRequest("a NUL", "POST", "/publish?topic=a%00b", body: "x", 400, "bad-parameter"),
    BadRequest("a topic of no text", "POST", "/publish?topic=%FF", body: "x", 400, "bad-parameter"),
    BadRequest("a broken escape", "POST", "/publish?topic=%G1", body: "x", 400, "bad-parameter"),
    BadRequest(
      "a topic twice", "POST", "/publish?topic=a&topic=b", body: "x", 400, "bad-parameter"),
    BadRequest("two topics", "POST", "/topics/a?topic=b", body: "x", 400, "bad-parameter"),
    BadRequest("QoS 3", "POST", "/publish?topic=a&qos=3", body: "x", 400, "bad-parameter"),
    BadRequest("QoS -1", "POST", "/publish?topic=a&qos=-1", body: "x", 400, "bad-parameter"),
    BadRequest("QoS 01", "POST", "/publish?topic=a&qos=01", body: "x", 400, "bad-parameter"),
    BadRequest("retain=maybe", "POST", "/topics/a?retain=maybe", body: "x", 400, "bad-parameter"),
    BadRequest("ack=soon", "POST", "/topics/a?ack=soon", body: "x", 400, "bad-parameter"),
    BadRequest(
      "ack=none with QoS 1", "POST", "/topics/a?ack=none", body: "x", 400, "bad-parameter"),
    BadRequest("PUT without retain", "PUT", "/topics/a?retain=0", body: "x", 400, "bad-parameter"),
    BadRequest("expiry -1", "POST", "/topics/a?expires_in=-1", body: "x", 400, "bad-parameter"),
    BadRequest(
      "an expiry beyond 32 bits", "POST", "/topics/a?message_expiry_interval=4294967296", body: "x",
      400, "bad-parameter"),
    BadRequest(
      "an expiry beyond 64 bits", "POST", "/topics/a?expires_in=99999999999999999999", body: "x",
      400, "bad-parameter"),
    BadRequest(
      "a format that is neither", "POST", "/topics/a?payload_format_indicator=2", body: "x", 400,
      "bad-parameter"),
    BadRequest(
      "a response topic with a wildcard", "POST", "/topics/a?response_topic=%23", body: "x", 400,
      "topic-invalid"),
    BadRequest(
      "correlation data that is not base64", "POST", "/topics/a?correlation_data=x", body: "x", 400,
      "bad-base64"),
    BadRequest(
      "user properties that are not JSON", "POST", "/topics/a?user_properties=x", body: "x", 400,
      "bad-json"),
    BadRequest(
      "user properties that are not pairs", "POST", "/topics/a?user_properties=%5B1%5D", body: "x",
      400, "bad-parameter"),
    BadRequest("a typo", "POST", "/topics/a?qqs=1", body: "x", 400, "unknown-parameter"),
  ]

  private static let headers: [BadRequest] = [
    BadRequest(
      "a header that does not exist", "POST", "/topics/a", headers: ["Mqtt-Qoss": "1"], body: "x",
      400, "bad-header"),
    BadRequest(
      "a header with a wrong value", "POST", "/topics/a", headers: ["Mqtt-Qos": "x"], body: "x",
      400,
      "bad-parameter"),
    BadRequest(
      "a field in two places", "POST", "/topics/a?qos=1", headers: ["Mqtt-Qos": "1"], body: "x",
      400,
      "bad-parameter"),
    BadRequest(
      "a property without a value", "POST", "/topics/a", headers: ["Mqtt-User-Property": "a"],
      body: "x", 400, "bad-header"),
    BadRequest(
      "a property with a broken escape", "POST", "/topics/a",
      headers: ["Mqtt-User-Property": "a=%zz"], body: "x", 400, "bad-header"),
    BadRequest(
      "properties that are not base64", "POST", "/topics/a", headers: ["Mqtt-User-Properties": "["],
      body: "x", 400, "bad-base64"),
    BadRequest(
      "half an idempotency key", "POST", "/topics/a", headers: ["Idempotency-Key": "\"k"],
      body: "x", 400, "bad-header"),
  ]

  private static let envelopes: [BadRequest] = [
    BadRequest("an empty body", json: "", 400, "bad-json"),
    BadRequest("half an object", json: #"{"topic":"a""#, 400, "bad-json"),
    BadRequest("an array", json: "[]", 400, "bad-json"),
    BadRequest("two documents", json: #"{"topic":"a"}{"topic":"b"}"#, 400, "bad-json"),
    BadRequest("no topic inside", json: #"{"payload":"x"}"#, 400, "missing-topic"),
    BadRequest("a topic that is null", json: #"{"topic":null}"#, 400, "bad-parameter"),
    BadRequest("a topic that is a list", json: #"{"topic":["a"]}"#, 400, "bad-parameter"),
    BadRequest("a topic with a wildcard", json: ##"{"topic":"#"}"##, 400, "topic-invalid"),
    BadRequest("a topic with a NUL", json: #"{"topic":"a\u0000"}"#, 400, "topic-invalid"),
    BadRequest("half a surrogate pair", json: #"{"topic":"\ud800"}"#, 400, "bad-json"),
    BadRequest("a member twice", json: #"{"topic":"a","topic":"b"}"#, 400, "bad-json"),
    BadRequest(
      "a member that does not exist", json: #"{"topic":"a","qso":1}"#, 400, "unknown-parameter"),
    BadRequest("QoS 7", json: #"{"topic":"a","qos":7}"#, 400, "bad-parameter"),
    BadRequest("QoS 1.0", json: #"{"topic":"a","qos":1.0}"#, 400, "bad-parameter"),
    BadRequest(
      "a payload that is not base64",
      json: #"{"topic":"a","payload":"%","payload_encoding":"base64"}"#,
      400, "bad-base64"),
    BadRequest(
      "a number as base64", json: #"{"topic":"a","payload":1,"payload_encoding":"base64"}"#, 400,
      "bad-base64"),
    BadRequest(
      "another encoding", json: #"{"topic":"a","payload_encoding":"hex"}"#, 400, "bad-parameter"),
    BadRequest(
      "properties that are a list", json: #"{"topic":"a","properties":[]}"#, 400, "bad-parameter"),
    BadRequest(
      "a field in the properties", json: #"{"topic":"a","properties":{"qos":1}}"#, 400,
      "bad-parameter"),
    BadRequest(
      "a property twice",
      json: #"{"topic":"a","content_type":"x","properties":{"content_type":"y"}}"#,
      400, "bad-parameter"),
    BadRequest(
      "bytes declared as text",
      json:
        #"{"topic":"a","payload":"/w==","payload_encoding":"base64","payload_format_indicator":1}"#,
      422, "payload-format-invalid"),
    BadRequest(
      "a deep document",
      json: #"{"topic":"a","payload":"# + String(repeating: "[", count: 5000) + "}",
      400, "bad-json"),
  ]

  private static let forms: [BadRequest] = [
    BadRequest("a form without a topic", form: "payload=x", 400, "missing-topic"),
    BadRequest("JSON declared as a form", form: #"{"topic":"a"}"#, 400, "missing-topic"),
    BadRequest(
      "a form field that does not exist", form: "topic=a&ack=none", 400, "unknown-parameter"),
    BadRequest("two payloads", form: "topic=a&payload=x&data=y", 400, "bad-parameter"),
    BadRequest("a form with a broken escape", form: "topic=%G1", 400, "bad-parameter"),
  ]

  /// Other refused requests.
  static let others: [BadRequest] = [
    BadRequest("no such path", "GET", "/nothing", 404, "not-found"),
    BadRequest("no topic in the path", "POST", "/topics/", 404, "not-found"),
    BadRequest("a path of no text", "POST", "/topics/%FF", body: "x", 400, "topic-invalid"),
    BadRequest("a path with a NUL", "POST", "/topics/a%00", body: "x", 400, "topic-invalid"),
    BadRequest("no such method", "GET", "/publish", 405, "method-not-allowed"),
    BadRequest("a method of nobody", "BREW", "/publish", 405, "method-not-allowed"),
    BadRequest("no message of this name", "GET", "/messages/x", 404, "message-unknown"),
    BadRequest(
      "a parameter of a message", "GET", "/messages/0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001?x=1", 400,
      "unknown-parameter"),
    BadRequest("no filter", "GET", "/subscribe", 400, "missing-topic"),
    BadRequest("an empty filter", "GET", "/subscribe?topic=", 400, "filter-invalid"),
    BadRequest("a hash in the middle", "GET", "/subscribe?topic=%23/a", 400, "filter-invalid"),
    BadRequest("a hash inside a level", "GET", "/subscribe?topic=a%23", 400, "filter-invalid"),
    BadRequest("a plus inside a level", "GET", "/subscribe?topic=a%2B/b", 400, "filter-invalid"),
    BadRequest("a filter with a NUL", "GET", "/subscribe?topic=a%00", 400, "bad-parameter"),
    BadRequest("a filter of no text", "GET", "/subscribe?topic=%FF", 400, "bad-parameter"),
    BadRequest(
      "a share without a name", "GET", "/subscribe?topic=$share//a", 400, "filter-invalid"),
    BadRequest("a stream with QoS 3", "GET", "/subscribe?topic=a&qos=3", 400, "bad-parameter"),
    BadRequest("a QoS twice", "GET", "/subscribe?topic=a&qos=1&qos=1", 400, "bad-parameter"),
    BadRequest("another format", "GET", "/subscribe?topic=a&format=xml", 400, "bad-parameter"),
    BadRequest("another envelope", "GET", "/subscribe?topic=a&envelope=x", 400, "bad-parameter"),
    BadRequest("another encoding", "GET", "/subscribe?topic=a&encoding=hex", 400, "bad-parameter"),
    BadRequest("a reserved name", "GET", "/subscribe?topic=a&event=bridge.x", 400, "bad-parameter"),
    BadRequest(
      "a name of two lines", "GET", "/subscribe?topic=a&event=x%0Ay", 400, "bad-parameter"),
    BadRequest("a quick heartbeat", "GET", "/subscribe?topic=a&heartbeat=4", 400, "bad-parameter"),
    BadRequest("a slow heartbeat", "GET", "/subscribe?topic=a&heartbeat=56", 400, "bad-parameter"),
    BadRequest("a misspelt parameter", "GET", "/subscribe?topics=a", 400, "unknown-parameter"),
    BadRequest(
      "a client that wants XML", "GET", "/subscribe?topic=a",
      headers: ["Accept": "application/xml"],
      406, "not-acceptable"),
    BadRequest(
      "a poll with a pace", "GET", "/subscribe?topic=a&poll=1&max_rate=5", 400, "bad-parameter"),
    BadRequest("a stream with a limit", "GET", "/subscribe?topic=a&limit=5", 400, "bad-parameter"),
    BadRequest(
      "a URI that is too long", "GET", "/subscribe?topic=" + String(repeating: "a", count: 9000),
      414,
      "uri-too-long"),
    BadRequest(
      "headers that are too large", "GET", "/",
      headers: ["X-Large": String(repeating: "a", count: 17_000)],
      431, "headers-too-large"),
    BadRequest("a body where none belongs", "GET", "/", body: "x", 413, "payload-too-large"),
    BadRequest("a body to clear with", "DELETE", "/topics/a", body: "x", 413, "payload-too-large"),
  ]
}
