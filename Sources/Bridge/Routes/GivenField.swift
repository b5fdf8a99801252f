import HTTPFront
import MQTTClient

/// One field of a request that follows topics, from its query or its body, by name.
struct GivenField {
  enum Value {
    case parameter(Query.Parameter)
    /// What a JSON body says.
    case text(String)
    /// A filter of a JSON body that may have a QoS of its own.
    case filter(String, QoS?)
  }

  let name: String
  let value: Value

  /// The text, where a `+` that is not encoded means what it means in this field.
  func text(plus: PercentDecoding.Plus) throws(Problem) -> String {
    switch value {
    case .parameter(let parameter): try parameter.decodedValue(plus: plus)
    case .text(let text), .filter(let text, _): text
    }
  }

  var qos: QoS? { if case .filter(_, let qos) = value { qos } else { nil } }

  /// The fields of a query or of a form.
  static func fields(of query: Query) throws(Problem) -> [Self] {
    var fields: [Self] = []
    for parameter in query.parameters {
      fields.append(Self(name: try parameter.decodedName(), value: .parameter(parameter)))
    }
    return fields
  }
}
