import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct SubscriptionTermsTests {
  private static func refusal(_ body: String) -> ProblemCode? {
    do throws(Problem) {
      _ = try SubscriptionTerms(Array(body.utf8))
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `topics are enough`() throws {
    let terms = try SubscriptionTerms(Array(#"{"topics":["a/#","b"]}"#.utf8))
    #expect(terms.filters.map(\.text) == ["a/#", "b"])
    #expect(terms.maximumQoS == .exactlyOnce && !terms.isShared)
    #expect(terms.maximumAge == .seconds(7 * 86_400))
  }

  @Test(arguments: [
    #"{"topics":["a"]}"#, #"{"topics":["a","b/+"],"qos":0,"max_age":"1s","shared":true}"#,
    #"{"topics":["ß/🜁"],"qos":1,"max_age":"3650d"}"#, #"{"topics":["a"],"max_age":"1500ms"}"#,
  ])
  func `what the store keeps reads back the same`(body: String) throws {
    let terms = try SubscriptionTerms(Array(body.utf8))
    #expect(try SubscriptionTerms(JSONValue.object(terms.members).encoded) == terms)
  }

  @Test(arguments: [
    (#"{"topics":["a"],"qos":"1"}"#, QoS.atLeastOnce, 604_800, false),
    (#"{"topics":["a"],"qos":0,"shared":"true"}"#, .atMostOnce, 604_800, true),
    (#"{"topics":["a"],"max_age":60,"shared":false}"#, .exactlyOnce, 60, false),
    (#"{"topics":["a"],"x_note":[{}],"shared":1}"#, .exactlyOnce, 604_800, true),
    (#"{"topics":["a","a"]}"#, .exactlyOnce, 604_800, false),
  ])
  func `values may be texts, numbers or flags`(body: String, qos: QoS, seconds: Int, isShared: Bool)
    throws
  {
    let terms = try SubscriptionTerms(Array(body.utf8))
    #expect(terms.filters.map(\.text) == ["a"] && terms.maximumQoS == qos)
    #expect(terms.maximumAge == .seconds(seconds) && terms.isShared == isShared)
  }

  @Test(arguments: [
    ("", ProblemCode.badJSON), ("[]", .badJSON), ("\"a\"", .badJSON), ("{", .badJSON),
    ("{}", .missingTopic), (#"{"topics":[]}"#, .missingTopic), (#"{"qos":1}"#, .missingTopic),
    (#"{"topics":"a"}"#, .badParameter), (#"{"topics":[1]}"#, .badParameter),
    (#"{"topics":null}"#, .badParameter), (#"{"topics":[""]}"#, .filterInvalid),
    (#"{"topics":["a#"]}"#, .filterInvalid), (#"{"topics":["$share/g/a"]}"#, .filterInvalid),
    (#"{"topics":["a"],"qos":3}"#, .badParameter), (#"{"topics":["a"],"qos":1.0}"#, .badParameter),
    (#"{"topics":["a"],"qos":null}"#, .badParameter),
    (#"{"topics":["a"],"qos":[1]}"#, .badParameter),
    (#"{"topics":["a"],"max_age":0}"#, .badParameter),
    (#"{"topics":["a"],"max_age":"999ms"}"#, .badParameter),
    (#"{"topics":["a"],"max_age":"3651d"}"#, .badParameter),
    (#"{"topics":["a"],"max_age":"-1"}"#, .badParameter),
    (#"{"topics":["a"],"shared":"yes"}"#, .badParameter),
    (#"{"topics":["a"],"Shared":true}"#, .unknownParameter),
    (#"{"topics":["a"],"topic":"b"}"#, .unknownParameter),
    (#"{"topics":["a"],"topics":["b"]}"#, .badJSON),
  ])
  func `what cannot be meant is refused`(body: String, code: ProblemCode) {
    #expect(Self.refusal(body) == code)
  }

  @Test func `a subscription has at most 64 filters`() {
    func body(_ count: Int) -> String {
      #"{"topics":["# + (0..<count).map { "\"t\($0)\"" }.joined(separator: ",") + "]}"
    }
    #expect(Self.refusal(body(64)) == nil)
    #expect(Self.refusal(body(65)) == .badParameter)
  }

  @Test(arguments: [
    ("a", true), ("Orders-2.eu_1", true), ("", false), ("a b", false), ("a/b", false), ("ß", false),
    ("a\n", false), ("a%", false), (String(repeating: "n", count: 128), true),
    (String(repeating: "n", count: 129), false),
  ])
  func `a name is of letters, digits and three signs`(text: String, isName: Bool) {
    #expect(SubscriptionTerms.isName(text) == isName)
  }
}
