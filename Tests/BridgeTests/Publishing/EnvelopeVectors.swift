import HTTPFront
import MQTTClient

@testable import Bridge

/// Bodies that name their topic, as data.
enum EnvelopeVectors {
  private static func isText(_ type: String) -> @Sendable (inout PublishVector.Fields) -> Void {
    { fields in
      fields.properties.contentType = type
      fields.properties.payloadIsUTF8 = true
    }
  }

  private static func userProperties(
    _ pairs: [(String, String)]
  ) -> (inout PublishVector.Fields) -> Void {
    { fields in
      fields.properties { properties in
        properties.userProperties = pairs.map { UserProperty($0.0, $0.1) }
      }
    }
  }

  static let payloads: [PublishVector] = [
    .json(#"{"topic":"t"}"#), .json(#"{"topic":"t","payload":null}"#),
    .json(#"{"topic":"t","payload":""}"#), .json(#"{"topic":"t","payload":"21.5"}"#, "t", "21.5"),
    .json(#"{"topic":"t","payload":"\u00e9\n"}"#, "t", "é\n"),
    .json(#"{"topic":"t","payload":"\u0000"}"#, "t", "\u{0}"),
    .json(#"{"topic":"t","payload":21.50}"#, "t", "21.50", isText("application/json")),
    .json(
      #"{"topic":"t","payload": { "c" : 1e0 } }"#, "t", #"{ "c" : 1e0 }"#,
      isText("application/json")),
    .json(#"{"payload":[1, 2],"topic":"t"}"#, "t", "[1, 2]", isText("application/json")),
    .json(#"{"topic":"t","payload":true}"#, "t", "true", isText("application/json")),
    .json(#"{"topic":"t","payload":"AQID","payload_encoding":"base64"}"#, "t", "\u{1}\u{2}\u{3}"),
    .json(#"{"payload_encoding":"plain","topic":"t","payload":"AQID"}"#, "t", "AQID"),
    .json(#"{"topic":"t","payload":{},"properties":{"content_type":"a/b"}}"#, "t", "{}") {
      $0.properties { $0.contentType = "a/b" }
    },
    .json(#"{"topic":"t","payload":{},"payload_format_indicator":0}"#, "t", "{}") {
      $0.properties {
        $0.contentType = "application/json"; $0.payloadIsUTF8 = false
      }
    },
    .refusesJSON(.badBase64, #"{"topic":"t","payload":"AQI","payload_encoding":"base64"}"#),
    .refusesJSON(.badBase64, #"{"topic":"t","payload":1,"payload_encoding":"base64"}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","payload":"","payload_encoding":"hex"}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","payload_encoding":null}"#),
    .refusesJSON(.badJSON, #"{"topic":"t","payload":"a","payload":"b"}"#),
  ]

  static let fields: [PublishVector] = [
    .json(
      #"{"topic":"t","qos":2,"retain":true,"ack":"stored","expires_in":86400,"x_note":[1],"#
        + #""properties":{"message_expiry_interval":1,"response_topic":"r","correlation_data":"","#
        + #""user_properties":[["unit","C"],["unit","celsius"]],"x_y":{}}}"#
    ) {
      $0.qos = .exactlyOnce
      $0.retain = true
      $0.acknowledgement = .stored
      $0.expiresIn = 86_400
      $0.properties {
        $0.messageExpiryInterval = 1
        $0.responseTopic = "r"
        $0.correlationData = []
        $0.userProperties = [UserProperty("unit", "C"), UserProperty("unit", "celsius")]
      }
    },
    .json(#"{"topic":"t","qos":"1","retain":"false"}"#) {
      $0.qos = .atLeastOnce
      $0.retain = false
    },
    .json(#"{"topic":"t","user_properties":[]}"#, "t", "", userProperties([])),
    .json(
      #"{"topic":"t","user_properties":{"b":"1","a":"2"}}"#, "t", "",
      userProperties([("b", "1"), ("a", "2")])),
    .json(
      #"{"topic":"t","user_properties":[{"a":"1"},{"a":"2"},["b","3"]]}"#, "t", "",
      userProperties([("a", "1"), ("a", "2"), ("b", "3")])),
    .refusesJSON(.badParameter, #"{"topic":"t","user_properties":[["a"]]}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","user_properties":[["a",1]]}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","user_properties":{"a":1}}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","user_properties":"a"}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","user_properties":[["a\u0000","b"]]}"#),
    .refusesJSON(
      .badParameter, #"{"topic":"t","user_properties":[],"properties":{"user_properties":[]}}"#),
    .refusesJSON(
      .badParameter, #"{"topic":"t","content_type":"a","properties":{"content_type":"a"}}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","properties":{"qos":1}}"#),
    .refusesJSON(.badParameter, #"{"properties":{"topic":"t"}}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","properties":[]}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","content_type":"\u0000"}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","qos":1.0}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","qos":null}"#),
    .refusesJSON(.badParameter, #"{"topic":["t"]}"#),
    .refusesJSON(.badParameter, #"{"topic":5}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","content_type":false}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","properties":{"response_topic":true}}"#),
    .json(#"{"topic":"t","idempotency_key":"k"}"#) { $0.idempotencyKey = "k" },
    .refusesJSON(.badParameter, #"{"topic":"t","idempotency_key":""}"#),
    .refusesJSON(.badParameter, #"{"topic":"t","properties":{"idempotency_key":"k"}}"#),
    .refusesJSON(.unknownParameter, #"{"topic":"t","Qos":1}"#),
    .refusesJSON(.unknownParameter, #"{"topic":"t","properties":{"unit":"1"}}"#),
    .refusesJSON(.missingTopic, #"{"payload":"x"}"#), .refusesJSON(.missingTopic, "{}"),
    .refusesJSON(.badJSON, "[]"), .refusesJSON(.badJSON, ""), .refusesJSON(.badJSON, "topic=t"),
    .refusesJSON(.badJSON, #""t""#),
    .refuses(
      .badParameter, "/publish?qos=1", ["Content-Type": "application/json"],
      #"{"topic":"t","qos":1}"#),
    .refuses(
      .badParameter, "/publish",
      ["Content-Type": "application/json", "Mqtt-User-Property": "a=b"],
      #"{"topic":"t","user_properties":[]}"#),
    .reads(
      "/publish?qos=1", ["Content-Type": "Application/JSON; charset=UTF-8"],
      #"{"topic":"t","payload":"x"}"#, "t", "x"
    ) { $0.qos = .atLeastOnce },
    .refuses(.unsupportedMediaType, "/publish", ["Content-Type": "text/plain"], "x"),
    .refuses(.missingTopic, "/publish", ["Content-Type": "text/plain"]),
    .refuses(.missingTopic, "/publish", [:], #"{"topic":"t"}"#),
  ]

  static let forms: [PublishVector] = [
    .form("topic=t&payload=a+b%2B%0A", "t", "a b+\n"),
    .form("topic=a%2Fb&message=x&qos=2&retain=true&x_y=1", "a/b", "x") {
      $0.qos = .exactlyOnce
      $0.retain = true
    },
    .form("data=&topic=t"), .form("topic=t"), .form("payload=%00&topic=t", "t", "\u{0}"),
    .refusesForm(.badParameter, "topic=t&payload=1&message=2"),
    .refusesForm(.badParameter, "topic=t&payload=1&payload=2"),
    .refusesForm(.badParameter, "topic=t&payload=%"),
    .refusesForm(.badParameter, "topic=t&topic=t"), .refusesForm(.badParameter, "topic=%FF"),
    .form("topic=t&idempotency_key=a+b", "t") { $0.idempotencyKey = "a b" },
    .refusesForm(.badParameter, "topic=t&qos=9"),
    .refusesForm(.unknownParameter, "topic=t&ack=stored"),
    .refusesForm(.unknownParameter, "topic=t&payloads=1"),
    .refusesForm(.missingTopic, "payload=x"), .refusesForm(.missingTopic, ""),
    .refusesForm(.missingTopic, #" {"topic":"t"}"#),
  ]
}
