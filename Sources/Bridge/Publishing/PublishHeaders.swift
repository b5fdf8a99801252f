import HTTPFront

/// Reads the headers that say what a query parameter could say.
enum PublishHeaders {
  private static let fields: [(header: String, field: String)] = [
    ("Mqtt-Topic", "topic"),
    ("Mqtt-Qos", "qos"),
    ("Mqtt-Retain", "retain"),
    ("Mqtt-Message-Expiry", "message_expiry_interval"),
    ("Mqtt-Response-Topic", "response_topic"),
    ("Mqtt-Correlation-Data", "correlation_data"),
    ("Mqtt-Payload-Format-Indicator", "payload_format_indicator"),
    ("Bridge-Expires-In", "expires_in"),
  ]

  /// The headers that stand for fields of a publish.
  static var names: [String] {
    fields.map(\.header) + ["Mqtt-User-Property", "Mqtt-User-Properties", "Idempotency-Key"]
  }

  static func read(_ headers: HeaderFields, _ draft: inout PublishDraft) throws(Problem) {
    var hasUserProperties = false
    for header in headers.fields where mayMatter(header.name) {
      let isUserProperty = HeaderFields.same(header.name, "Mqtt-User-Property")
      let isUserProperties = HeaderFields.same(header.name, "Mqtt-User-Properties")
      // Of these there may be several, but in headers only.
      if isUserProperty || isUserProperties, !hasUserProperties {
        try draft.claim("user_properties", .header)
        hasUserProperties = true
      }
      if isUserProperty {
        try readUserProperty(header.value, &draft)
      } else if isUserProperties {
        let bytes = try FieldText.base64(header.name, header.value)
        try draft.setUserProperties(FieldText.json(bytes))
      } else if let known = fields.first(where: { HeaderFields.same($0.header, header.name) }) {
        let isEncoded = known.field == "topic" || known.field == "response_topic"
        let value = isEncoded ? try decoded(header.name, header.value) : header.value
        _ = try draft.set(known.field, value, .header)
      } else if HeaderFields.begins(header.name, with: "mqtt-") {
        throw Problem(
          .badHeader, detail: "there is no header '\(header.name)' here",
          hint: "the headers are \(names.joined(separator: ", "))")
      } else if HeaderFields.same(header.name, "Idempotency-Key") {
        let key = try IdempotencyKey.read(header: header.value)
        _ = try draft.set("idempotency_key", key, .header)
      }
    }
  }

  /// Whether a name begins like one of ours, which few headers of a request do.
  private static func mayMatter(_ name: String) -> Bool {
    switch name.utf8.first.map({ $0 | 0x20 }) {
    case UInt8(ascii: "m"), UInt8(ascii: "b"), UInt8(ascii: "i"): true
    default: false
    }
  }

  private static func readUserProperty(
    _ value: String, _ draft: inout PublishDraft
  ) throws(Problem) {
    let halves = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2 else {
      throw Problem(
        .badHeader, detail: "Mqtt-User-Property must be name=value",
        hint: "percent-encode an equals sign in the name as %3D")
    }
    try draft.addUserProperty(
      decoded("Mqtt-User-Property", String(halves[0])),
      decoded("Mqtt-User-Property", String(halves[1])))
  }

  private static func decoded(_ name: String, _ value: String) throws(Problem) -> String {
    do throws(PercentDecodingError) {
      return try PercentDecoding.decode(value.utf8, plus: .literal)
    } catch {
      throw Problem(.badHeader, detail: "'\(name)' cannot be percent-decoded: \(error)")
    }
  }
}
