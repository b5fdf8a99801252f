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
