import MQTTClient
import Testing

@testable import Bridge

/// Which copy of a message counts for whom.
@Suite struct OriginTests {
  private static let topic = "a/b"

  private static func filters(_ texts: [String]) throws -> [TopicFilter] {
    try texts.map { try TopicFilter($0) }
  }

  private static func counts(
    through: [String], served: [String], for reader: [String], isAnonymous: Bool = false
  ) throws -> Bool {
    let origin = Origin(
      through: try filters(through), served: try filters(served), isAnonymous: isAnonymous)
    return origin.counts(for: try filters(reader), topic: topic)
  }

  @Test func `one copy through one filter counts for everybody who wants the topic`() throws {
    for reader in ["a/b", "a/#", "#", "+/b"] {
      #expect(try Self.counts(through: ["a/#"], served: ["a/#"], for: [reader]))
    }
    #expect(try !Self.counts(through: ["a/#"], served: ["a/#"], for: ["a/c"]))
    #expect(try Self.counts(through: ["a/#"], served: ["a/#"], for: ["a/c", "a/b"]))
  }

  @Test(arguments: [["a/#"], ["a/#", "#"], ["a/#", "a/b"], ["a/c", "a/#", "#"], ["x", "a/#"]])
  func `of overlapping copies the one of the first served filter of the reader counts`(
    reader: [String]
  ) throws {
    let served = ["#", "a/b", "a/#"]
    let counting = try served.filter {
      try Self.counts(through: [$0], served: served, for: reader)
    }
    #expect(counting == ["a/#"])
  }

  @Test func `a copy that stands for several filters counts for the readers of each`() throws {
    for reader in [["#"], ["a/b"], ["a/b", "#"], ["+/b"]] {
      #expect(try Self.counts(through: ["#", "a/b"], served: ["#", "a/b"], for: reader))
    }
  }

  @Test(arguments: [["+/b"], ["a/+"], ["+/b", "a/+"], ["x", "a/+"], ["a/+", "$share/g/#"]])
  func `one copy, the oldest, counts for a reader whose filters were not served`(
    reader: [String]
  ) throws {
    let served = ["$share/h/a/#", "a/b", "a/#"]
    let counting = try served.filter {
      try Self.counts(through: [$0], served: served, for: reader)
    }
    #expect(counting == ["a/b"])
  }

  @Test func `a copy of a filter that is not confirmed yet counts for those who have it`() throws {
    #expect(try Self.counts(through: ["a/#"], served: ["#"], for: ["a/#"]))
    #expect(try Self.counts(through: ["a/#"], served: ["#"], for: ["a/#", "#"]))
    #expect(try !Self.counts(through: ["a/#"], served: ["#"], for: ["#", "a/#"]))
  }

  @Test func `a reader whose filters do not match gets nothing`() throws {
    let served = ["#", "a/b"]
    for copy in served {
      #expect(try !Self.counts(through: [copy], served: served, for: ["a/c", "b/#"]))
      #expect(try !Self.counts(through: [copy], served: served, for: []))
    }
  }

  @Test func `what a shared subscription brings is only for its own readers`() throws {
    let served = ["$share/g/a/#", "a/b"]
    #expect(try Self.counts(through: ["$share/g/a/#"], served: served, for: ["$share/g/a/#"]))
    #expect(try !Self.counts(through: ["$share/g/a/#"], served: served, for: ["a/b"]))
    #expect(try !Self.counts(through: ["$share/g/a/#"], served: served, for: ["a/#"]))
    #expect(try !Self.counts(through: ["$share/g/a/#"], served: served, for: ["$share/h/a/#"]))
    #expect(try !Self.counts(through: ["a/b"], served: served, for: ["$share/g/a/#"]))
    #expect(try Self.counts(through: ["a/b"], served: served, for: ["a/#"]))
    // Also when nothing else served the topic.
    let alone = ["$share/g/a/#"]
    #expect(try !Self.counts(through: alone, served: alone, for: ["a/#"]))
    #expect(try Self.counts(through: alone, served: alone, for: ["x", "$share/g/a/#"]))
  }

  @Test func `a reader of a shared and a plain filter gets what either brings`() throws {
    let served = ["$share/g/a/#", "a/b"]
    for copy in served {
      #expect(try Self.counts(through: [copy], served: served, for: ["a/b", "$share/g/a/#"]))
      #expect(try Self.counts(through: [copy], served: served, for: ["$share/g/a/#", "a/b"]))
    }
  }

  @Test func `without identifiers every copy counts`() throws {
    #expect(try Self.counts(through: [], served: ["#", "a/b"], for: ["a/b"], isAnonymous: true))
    #expect(try Self.counts(through: [], served: [], for: ["x", "+/b"], isAnonymous: true))
    #expect(try !Self.counts(through: [], served: ["#"], for: ["a/c"], isAnonymous: true))
  }

  @Test(
    arguments: [
      (["a/#"], ["a/#"], true), ([], ["a/#"], true), (["a/#"], [], true), ([], [], true),
      (["a/#"], ["a/b"], false), (["a/#", "a/b"], ["a/#"], false), (["a/#"], ["a/#", "#"], false),
      (["$share/g/a"], ["$share/g/a"], false), (["$share/g/a"], [], false),
    ] as [([String], [String], Bool)])
  func `only what leaves nothing to tell apart is plain`(
    through: [String], served: [String], isPlain: Bool
  ) throws {
    let origin = Origin(through: try Self.filters(through), served: try Self.filters(served))
    #expect(origin.isPlain == isPlain)
    #expect(!Origin(through: origin.through, served: origin.served, isAnonymous: true).isPlain)
  }
}
