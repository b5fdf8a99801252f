import HTTPFront
import MQTTClient

@testable import Bridge

/// The publish rules as data.
enum PublishVectors {
  static let query: [PublishVector] = [
    .reads("/publish?topic=t", [:], "21.5", "t", "21.5"),
    .reads("/publish?topic=sensors/1/temp&qos=1", [:], "x", "sensors/1/temp", "x") {
      $0.qos = .atLeastOnce
    },
    .reads("/publish?topic=a%2Fb%20c+d", [:], "", "a/b c d"),
    .reads("/publish?topic=a%2Bb", [:], "", "a+b"),
    .reads("/publish?topic=", [:], "x", "", "x"),
    .reads("/publish?topic=t&qos=0") { $0.qos = .atMostOnce },
    .reads("/publish?topic=t&qos=2") { $0.qos = .exactlyOnce },
    .reads("/publish?topic=t&retain=true") { $0.retain = true },
    .reads("/publish?topic=t&retain=1") { $0.retain = true },
    .reads("/publish?topic=t&retain=false") { $0.retain = false },
    .reads("/publish?topic=t&retain=0") { $0.retain = false },
    .reads("/publish?topic=t&ack=none") { $0.acknowledgement = AckLevel.none },
    .reads("/publish?topic=t&ack=stored") { $0.acknowledgement = .stored },
    .reads("/publish?topic=t&ack=broker") { $0.acknowledgement = .broker },
    .reads("/publish?topic=t&expires_in=0") { $0.expiresIn = 0 },
    .reads("/publish?topic=t&expires_in=4294967295") { $0.expiresIn = 4_294_967_295 },
    .reads("/publish?topic=t&content_type=text/csv", [:], "x", "t", "x") {
      $0.properties {
        $0.contentType = "text/csv"; $0.payloadIsUTF8 = true
      }
    },
    .reads("/publish?topic=t&message_expiry_interval=3600") {
      $0.properties { $0.messageExpiryInterval = 3600 }
    },
    .reads("/publish?topic=t&response_topic=r/1&correlation_data=AQID") {
      $0.properties {
        $0.responseTopic = "r/1"; $0.correlationData = [1, 2, 3]
      }
    },
    .reads("/publish?topic=t&payload_format_indicator=0") {
      $0.properties { $0.payloadIsUTF8 = false }
    },
    .reads("/publish?topic=t&user_properties=%5B%5B%22a%22,%22b%22%5D%5D") {
      $0.properties { $0.userProperties = [UserProperty("a", "b")] }
    },
    .reads("/publish?topic=t&x_trace=7&x_trace=8"),
    .refuses(.missingTopic, "/publish"), .refuses(.missingTopic, "/publish", [:], "x"),
    .refuses(.badParameter, "/publish?topic=t&topic=u"),
    .refuses(.badParameter, "/publish?topic=t&qos=3"),
    .refuses(.badParameter, "/publish?topic=t&qos="),
    .refuses(.badParameter, "/publish?topic=t&qos=01"),
    .refuses(.badParameter, "/publish?topic=t&qos=1&qos=1"),
    .refuses(.badParameter, "/publish?topic=t&retain=yes"),
    .refuses(.badParameter, "/publish?topic=t&ack=all"),
    .refuses(.badParameter, "/publish?topic=t&expires_in=-1"),
    .refuses(.badParameter, "/publish?topic=t&expires_in=4294967296"),
    .refuses(.badParameter, "/publish?topic=t&expires_in=99999999999999999999"),
    .refuses(.badParameter, "/publish?topic=t&message_expiry_interval=4294967296"),
    .refuses(.badParameter, "/publish?topic=t&payload_format_indicator=2"),
    .refuses(.badParameter, "/publish?topic=%FF"), .refuses(.badParameter, "/publish?topic=%0"),
    .refuses(.badParameter, "/publish?topic=a%00b"), .refuses(.badParameter, "/publish?%FF=1"),
    .refuses(.topicInvalid, "/publish?topic=t&response_topic=a/%23"),
    .refuses(.topicInvalid, "/publish?topic=t&response_topic="),
    .refuses(.badBase64, "/publish?topic=t&correlation_data=AQI"),
    .refuses(.badJSON, "/publish?topic=t&user_properties=a=b"),
    .refuses(.badParameter, "/publish?topic=t&user_properties=%5B1%5D"),
    .refuses(.unknownParameter, "/publish?topic=t&Qos=1"),
    .refuses(.unknownParameter, "/publish?topic=t&quality=1"),
    .refuses(.unknownParameter, "/publish?topic=t&payload=1"),
    .refuses(.unknownParameter, "/publish?topic=t&="),
  ]

  static let path: [PublishVector] = [
    .reads(
      "/topics/a/b", ["Content-Type": "application/json"], "{\"topic\":1", path: "a/b", "a/b",
      "{\"topic\":1"
    ) {
      $0.properties.contentType = "application/json"
      $0.properties.payloadIsUTF8 = true
    },
    .reads("/topics//a", [:], "", path: "/a", "/a"),
    .refuses(.badParameter, "/topics/a?topic=a", path: "a"),
    .refuses(.badParameter, "/topics/a", ["Mqtt-Topic": "a"], path: "a"),
  ]

  static let headers: [PublishVector] = [
    .reads("/publish", ["mqtt-topic": "a%2Fb+c%20d"], "x", "a/b+c d", "x"),
    .reads("/publish?topic=t", ["Mqtt-Qos": "2", "MQTT-RETAIN": "true"]) {
      $0.qos = .exactlyOnce
      $0.retain = true
    },
    .reads("/publish?topic=t", ["Bridge-Expires-In": "60"]) { $0.expiresIn = 60 },
    .reads(
      "/publish?topic=t",
      [
        "Mqtt-Message-Expiry": "5", "Mqtt-Response-Topic": "r%2F1", "Mqtt-Correlation-Data": "AQ==",
        "Mqtt-Payload-Format-Indicator": "1",
      ]
    ) {
      $0.properties {
        $0.messageExpiryInterval = 5
        $0.responseTopic = "r/1"
        $0.correlationData = [1]
        $0.payloadIsUTF8 = true
      }
    },
    .reads(
      "/publish?topic=t",
      [
        "Mqtt-User-Property": "a=b=c", "mqtt-user-property": "a%3D=%C3%9F",
        "Mqtt-User-Properties": "W1siYSIsIiJdXQ==", "MQTT-User-Property": "=",
      ]
    ) {
      $0.properties {
        $0.userProperties = [
          UserProperty("a", "b=c"), UserProperty("a=", "ß"), UserProperty("a", ""),
          UserProperty("", ""),
        ]
      }
    },
    .reads("/publish?topic=t", ["Content-Type": "image/png"], "x", "t", "x") {
      $0.properties.contentType = "image/png"
    },
    .reads("/publish?topic=t", ["Content-Type": "Text/Plain; charset=utf-8"], "x", "t", "x") {
      $0.properties.contentType = "Text/Plain; charset=utf-8"
      $0.properties.payloadIsUTF8 = true
    },
    .reads(
      "/publish?topic=t", ["Content-Type": "application/x-www-form-urlencoded"], "a=b", "t",
      "a=b"),
    .reads("/publish?topic=t&content_type=a/b", ["Content-Type": "text/plain"]) {
      $0.properties { $0.contentType = "a/b" }
    },
    .reads(
      "/publish?topic=t&payload_format_indicator=0", ["Content-Type": "application/ld+json"]
    ) {
      $0.properties {
        $0.contentType = "application/ld+json"; $0.payloadIsUTF8 = false
      }
    },
    .refuses(.badHeader, "/publish?topic=t", ["Mqtt-Quality": "1"]),
    .reads("/publish?topic=t", ["Idempotency-Key": "k"]) { $0.idempotencyKey = "k" },
    .reads("/publish?topic=t", ["Idempotency-Key": #""a \"b\\""#]) {
      $0.idempotencyKey = #"a "b\"#
    },
    .reads("/publish?topic=t&idempotency_key=a%22") { $0.idempotencyKey = "a\"" },
    .refuses(.badHeader, "/publish?topic=t", ["Idempotency-Key": "\"k"]),
    .refuses(.badHeader, "/publish?topic=t", ["Idempotency-Key": "\"k\"x"]),
    .refuses(.badHeader, "/publish?topic=t", ["Idempotency-Key": "\"\\k\""]),
    .refuses(.badHeader, "/publish?topic=t", ["Idempotency-Key": "\"\""]),
    .refuses(
      .badHeader, "/publish?topic=t",
      ["Idempotency-Key": String(repeating: "k", count: 256)]),
    .refuses(.badHeader, "/publish?topic=t", ["Idempotency-Key": "caf\u{E9}"]),
    .refuses(.badParameter, "/publish?topic=t&idempotency_key="),
    .refuses(.badParameter, "/publish?topic=t&idempotency_key=%0A"),
    .refuses(.badParameter, "/publish?topic=t&idempotency_key=k", ["Idempotency-Key": "k"]),
    .refuses(.badHeader, "/publish?topic=t", ["Mqtt-User-Property": "a"]),
    .refuses(.badHeader, "/publish?topic=t", ["Mqtt-User-Property": "a=%"]),
    .refuses(.badHeader, "/publish", ["Mqtt-Topic": "%FF"]),
    .refuses(.badParameter, "/publish?topic=t", ["Mqtt-Topic": "t"]),
    .refuses(.badParameter, "/publish?topic=t&qos=1", ["Mqtt-Qos": "1"]),
    .refuses(.badParameter, "/publish?topic=t", ["Mqtt-Qos": "1", "mqtt-qos": "1"]),
    .refuses(
      .badParameter, "/publish?topic=t&user_properties=%5B%5D", ["Mqtt-User-Property": "a=b"]),
    .refuses(.badParameter, "/publish?topic=t", ["Mqtt-Qos": "5"]),
    .refuses(.badBase64, "/publish?topic=t", ["Mqtt-User-Properties": "[]"]),
    .refuses(.badJSON, "/publish?topic=t", ["Mqtt-User-Properties": "e30x"]),
  ]
}
