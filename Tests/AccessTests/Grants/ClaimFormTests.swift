import JSONText
import MQTTClient
import Testing

@testable import Access

/// The forms that the claims of a token may have, and what is not one.
@Suite struct ClaimFormTests {
  private let caller = Identity(subject: "alice", username: "al", clientID: "c1")

  private func isPublished(
    _ json: String, _ topic: String, qos: QoS = .atMostOnce, retain: Bool = false
  ) throws -> Bool {
    try GrantsTests.grants(json, caller).mayPublish(topic: topic, qos: qos, retain: retain)
      .isGranted
  }

  private func isSubscribed(_ json: String, _ filter: String, qos: QoS = .atMostOnce) throws -> Bool
  {
    try GrantsTests.grants(json, caller).maySubscribe(TopicFilter(filter), qos: qos).isGranted
  }

  @Test func `the first rule that speaks decides`() throws {
    let json = ##"""
      {"acl":[{"permission":"allow","action":"publish","topic":"a/b"},
              {"permission":"deny","action":"all","topic":"a/#"},
              {"permission":"allow","action":"all","topic":"#"}]}
      """##
    #expect(try isPublished(json, "a/b"))
    #expect(try !isPublished(json, "a/c"))
    #expect(try isPublished(json, "b"))
    #expect(try !isSubscribed(json, "a/b"))
    #expect(try isSubscribed(json, "#"))
    let grants = try GrantsTests.grants(json, caller)
    #expect(!grants.mayReceive(topic: "a/b", qos: .atMostOnce))
    #expect(grants.mayReceive(topic: "c", qos: .atMostOnce))
  }

  @Test func `rules may be about some QoS and RETAIN only`() throws {
    let json = #"""
      {"acl":[{"permission":"allow","action":"publish","topic":"a","qos":[0,1],"retain":false},
              {"permission":"allow","action":"publish","topic":"b","qos":2,"retain":"all"},
              {"permission":"deny","action":"subscribe","topic":"d","qos":[2]},
              {"permission":"allow","action":"all","topics":["c/${username}","d"],"retain":1}]}
      """#
    #expect(try isPublished(json, "a", qos: .atLeastOnce))
    #expect(try !isPublished(json, "a", qos: .exactlyOnce))
    #expect(try !isPublished(json, "a", retain: true))
    #expect(try isPublished(json, "b", qos: .exactlyOnce, retain: true))
    #expect(try isPublished(json, "c/al", retain: true))
    #expect(try !isPublished(json, "c/al"))
    #expect(try isSubscribed(json, "d", qos: .atLeastOnce))
    #expect(try !isSubscribed(json, "d", qos: .exactlyOnce))
    let grants = try GrantsTests.grants(json, caller)
    #expect(grants.mayReceive(topic: "d", qos: .atLeastOnce))
    #expect(!grants.mayReceive(topic: "d", qos: .exactlyOnce))
    let refusal = GrantsTests.refusal(
      grants.mayPublish(topic: "a", qos: .exactlyOnce, retain: false))
    #expect(
      refusal?.detail == "publish to 'a' with QoS 2 is refused: claim acl[0] is only for QoS 0, 1")
  }

  @Test func `three lists allow`() throws {
    let json = #"{"acl":{"pub":["p/${username}"],"sub":["eq s/${clientid}/#"],"all":["all/#"]}}"#
    #expect(try isPublished(json, "p/al"))
    #expect(try !isPublished(json, "s/c1/x"))
    #expect(try isPublished(json, "all/x"))
    #expect(try isSubscribed(json, "s/c1/#"))
    #expect(try !isSubscribed(json, "s/c1/x"))
    #expect(try GrantsTests.grants(json, caller).mayReceive(topic: "s/c1/x", qos: .atMostOnce))
    #expect(try GrantsTests.grants(json, caller).mayRequest.isGranted)
  }

  @Test func `a rule about exactly one filter denies that filter only`() throws {
    let json = ##"""
      {"acl":[{"permission":"deny","action":"all","topic":"eq #"},
              {"permission":"deny","action":"all","topic":"eq a/b"},
              {"permission":"allow","action":"all","topic":"#"}]}
      """##
    #expect(try !isSubscribed(json, "#"))
    #expect(try isSubscribed(json, "a/#"))
    #expect(try !isPublished(json, "a/b"))
    #expect(try !GrantsTests.grants(json, caller).mayReceive(topic: "a/b", qos: .atMostOnce))
    #expect(try GrantsTests.grants(json, caller).mayReceive(topic: "a/c", qos: .atMostOnce))
  }

  @Test func `authorization details of our type count`() throws {
    let json = #"""
      {"authorization_details":[
        {"type":"https://other.example/files","anything":1},
        {"type":"https://broker.example/mqtt","actions":["publish"],"topics":["p/${sub}"]},
        {"type":"mqtt","actions":["subscribe","publish","retain","history"],"topics":["b/#"]}]}
      """#
    #expect(try isPublished(json, "p/alice"))
    #expect(try !isPublished(json, "p/alice", retain: true))
    #expect(try isPublished(json, "b/1", retain: true))
    #expect(try !isSubscribed(json, "p/alice"))
    #expect(try isSubscribed(json, "b/+"))
    #expect(try GrantsTests.grants(json, caller).mayReadHistory.isGranted)
    #expect(try !GrantsTests.grants(json, caller).mayRequest.isGranted)
  }

  @Test(arguments: [
    (#"{"mqtt":[]}"#, "/mqtt"), (#"{"mqtt":null}"#, "/mqtt"), (#"{"mqtt":"publish"}"#, "/mqtt"),
    (#"{"mqtt":{"publish":"a"}}"#, "/mqtt/publish"),
    (#"{"mqtt":{"publish":["a",1]}}"#, "/mqtt/publish/1"),
    (#"{"mqtt":{"publish":["a","b#"]}}"#, "/mqtt/publish/1"),
    (#"{"mqtt":{"subscribe":[""]}}"#, "/mqtt/subscribe/0"),
    (#"{"mqtt":{"denny":["a"]}}"#, "/mqtt/denny"),
    (#"{"mqtt":{"a/b~":["a"]}}"#, "/mqtt/a~1b~0"),
    (#"{"mqtt":{"max_qos":3}}"#, "/mqtt/max_qos"), (#"{"mqtt":{"max_qos":"1"}}"#, "/mqtt/max_qos"),
    (#"{"mqtt":{"max_qos":1.0}}"#, "/mqtt/max_qos"), (#"{"mqtt":{"max_qos":-0}}"#, "/mqtt/max_qos"),
    (#"{"mqtt":{"retain":"true"}}"#, "/mqtt/retain"), (#"{"mqtt":{"retain":1}}"#, "/mqtt/retain"),
    (#"{"mqtt":{"rate":"50"}}"#, "/mqtt/rate"), (#"{"mqtt":{"rate":"-5/s"}}"#, "/mqtt/rate"),
    (#"{"mqtt":{"rate":"0/s"}}"#, "/mqtt/rate"),
    (#"{"mqtt":{"rate":"99999999999999999999/s"}}"#, "/mqtt/rate"),
    (#"{"mqtt":{"max_connections":1e3}}"#, "/mqtt/max_connections"),
    (#"{"acl":1}"#, "/acl"), (#"{"acl":{"pubs":[]}}"#, "/acl/pubs"),
    (#"{"acl":[{"permission":"allow","action":"all"}]}"#, "/acl/0"),
    (#"{"acl":[{"permission":"allow","topic":"a"}]}"#, "/acl/0"),
    (#"{"acl":[{"action":"all","topic":"a"}]}"#, "/acl/0"),
    (#"{"acl":[{"permission":"Allow","action":"all","topic":"a"}]}"#, "/acl/0/permission"),
    (
      #"{"acl":[{"permission":"allow","action":"all","topic":"a","ipaddr":"1.1.1.1"}]}"#,
      "/acl/0/ipaddr"
    ),
    (#"{"acl":[{"permission":"allow","action":"all","topic":"a","qos":[]},1]}"#, "/acl/1"),
    (#"{"acl":[{"permission":"allow","action":"all","topic":"a","retain":2}]}"#, "/acl/0/retain"),
    (#"{"authorization_details":{}}"#, "/authorization_details"),
    (#"{"authorization_details":[{}]}"#, "/authorization_details/0"),
    (
      #"{"authorization_details":[{"type":"mqtt","actions":["fly"]}]}"#,
      "/authorization_details/0/actions/0"
    ),
    (#"{"authorization_details":[{"type":"mqtt","topcs":[]}]}"#, "/authorization_details/0/topcs"),
    (#"{"mqtt":{},"acl":[]}"#, ""), (#"{"acl":[],"authorization_details":[{"type":"mqtt"}]}"#, ""),
  ])
  func `what cannot be understood is refused with its place`(json: String, pointer: String) {
    #expect { try GrantsTests.grants(json) } throws: { error in
      (error as? ClaimError)?.pointer == pointer
    }
  }

  @Test func `an empty list of QoS grants nothing`() throws {
    let json = #"{"acl":[{"permission":"allow","action":"all","topic":"a","qos":[]}]}"#
    #expect(try !isPublished(json, "a"))
  }

  @Test func `names of extensions are left alone`() throws {
    #expect(try isPublished(#"{"mqtt":{"publish":["a"],"x_note":1}}"#, "a"))
  }

  @Test func `a pointer in words is short and clean`() {
    let error = ClaimError("/\n" + String(repeating: "x", count: 5000), "no")
    #expect(error.refusal.detail.utf8.count < 300)
    #expect(!error.refusal.detail.utf8.contains(0x0A))
  }
}
