import MQTTClient
import Testing

@testable import Access

/// What stands for the caller in filters, and what must not come in by it.
@Suite struct FilterTemplateTests {
  private func grants(publish: [String] = [], deny: [String] = [], _ caller: Identity) throws
    -> Grants
  {
    var object = GrantObject()
    object.publish = publish
    object.subscribe = publish
    object.deny = deny
    return try object.grants(for: caller, origin: "claim mqtt", pointer: "/mqtt")
  }

  private func isGranted(_ grants: Grants, _ topic: String) -> Bool {
    grants.mayPublish(topic: topic, qos: .atMostOnce, retain: false).isGranted
  }

  @Test func `each placeholder stands for its value`() throws {
    let caller = Identity(subject: "s", username: "u", clientID: "c")
    let grants = try grants(publish: ["x/${sub}/${username}-${clientid}/#"], caller)
    #expect(isGranted(grants, "x/s/u-c/1"))
    #expect(!isGranted(grants, "x/s/u-d/1"))
  }

  @Test func `a client identifier fills what nothing else has filled`() throws {
    let caller = Identity(subject: "s")
    var lists = GrantObject()
    lists.publish = ["dev/${clientid}/#", "shared"]
    lists.subscribe = ["dev/#"]
    lists.deny = ["dev/${clientid}/secret"]
    let grants = try lists.grants(for: caller, origin: "o", pointer: "")
    #expect(grants.lackClientID)
    #expect(!isGranted(grants, "dev/c1/x") && isGranted(grants, "shared"))
    #expect(!grants.mayReceive(topic: "dev/c2/secret", qos: .atMostOnce))
    let bound = grants.bound(toClientID: "c1")
    #expect(!bound.lackClientID)
    #expect(isGranted(bound, "dev/c1/x") && !isGranted(bound, "dev/c2/x"))
    #expect(!isGranted(bound, "dev/c1/secret"))
    #expect(bound.mayReceive(topic: "dev/c2/secret", qos: .atMostOnce))
    #expect(!bound.mayReceive(topic: "dev/c1/secret", qos: .atMostOnce))
    for value in ["+", "#", "a/b", ""] {
      let none = grants.bound(toClientID: value)
      #expect(!isGranted(none, "dev/a/x") && !isGranted(none, "dev/\(value)/x"))
      #expect(!none.mayReceive(topic: "dev/c2/secret", qos: .atMostOnce))
    }
    // What a token says of it is signed, and stands.
    let signed = try self.grants(publish: ["dev/${clientid}/#"], Identity(clientID: "c"))
    #expect(!signed.lackClientID)
    #expect(isGranted(signed.bound(toClientID: "d"), "dev/c/x"))
    #expect(!isGranted(signed.bound(toClientID: "d"), "dev/d/x"))
  }

  @Test(arguments: ["+", "#", "a/b", "/", "a+", "\u{0}", "a\u{0}", "", "../#"])
  func `a value with meaning in filters grants nothing`(value: String) throws {
    let grants = try grants(publish: ["home/${sub}/#", "${sub}"], Identity(subject: value))
    for topic in ["home/a/b", "home/+/x", "a", "home", "home//a", "home/a/b/c", "a/b"] {
      #expect(!isGranted(grants, topic), "\(topic)")
    }
    for filter in ["#", "home/#", "home/+/#", "home/a/#", "+"] {
      #expect(try !grants.maySubscribe(TopicFilter(filter), qos: .atMostOnce).isGranted)
    }
  }

  @Test func `the refusal says what is wrong with the value`() throws {
    let grants = try grants(publish: ["home/${sub}/#"], Identity(subject: "a/b"))
    let refusal = GrantsTests.refusal(
      grants.mayPublish(topic: "home/x", qos: .atMostOnce, retain: false))
    #expect(
      refusal?.hint
        == "'home/${sub}/#' grants nothing to this caller: its sub has a character that "
        + "means something in filters")
  }

  @Test(arguments: ["$SYS", "$share", "$"])
  func `no value makes a filter for topics that begin with a dollar`(value: String) throws {
    let grants = try grants(publish: ["${sub}/#", "${sub}/g/#"], Identity(subject: value))
    #expect(!isGranted(grants, "$SYS/a"))
    #expect(try !grants.maySubscribe(TopicFilter("$share/g/a"), qos: .atMostOnce).isGranted)
    #expect(try !grants.maySubscribe(TopicFilter("$SYS/#"), qos: .atMostOnce).isGranted)
  }

  @Test(arguments: ["+", "a/b", "\u{0}", ""])
  func `a value with meaning in filters does not narrow what is denied`(value: String) throws {
    let inside = try grants(
      publish: ["home/#"], deny: ["home/x-${sub}/#"], Identity(subject: value))
    #expect(!isGranted(inside, "home/x-a/b"))
    #expect(isGranted(inside, "home"))
    let first = try grants(publish: ["$SYS/#", "a"], deny: ["${sub}/#"], Identity(subject: value))
    #expect(!isGranted(first, "$SYS/x"))
    #expect(!isGranted(first, "a"))
  }

  @Test func `a value is not read for placeholders`() throws {
    let grants = try grants(
      publish: ["${sub}/x"], Identity(subject: "${username}", username: "bob"))
    #expect(!isGranted(grants, "bob/x"))
    #expect(!isGranted(grants, "${username}/x"))
    let inside = try self.grants(
      publish: ["a/${sub}"], Identity(subject: "${username}", username: "bob"))
    #expect(isGranted(inside, "a/${username}"))
    #expect(!isGranted(inside, "a/bob"))
  }

  @Test(arguments: ["a/${nobody}", "a/${sub", "a/${}", "${SUB}", "", "a/#/b", "a+", "a\u{0}"])
  func `a text that is no template is refused`(text: String) {
    #expect(throws: ClaimError.self) {
      try grants(publish: [text], Identity(subject: "s", username: "u", clientID: "c"))
    }
  }

  @Test func `a filter that becomes too long grants nothing`() throws {
    let long = String(repeating: "x", count: 65_535)
    let grants = try grants(publish: ["a/${sub}"], Identity(subject: long))
    #expect(!isGranted(grants, "a/x"))
  }
}
