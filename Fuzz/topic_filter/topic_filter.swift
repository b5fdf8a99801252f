// module: MQTTClient
import MQTTClient

/// A line with a topic and lines with filters, against a plain reading of the specification.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let text = String(validating: input, as: UTF8.self) else { return 0 }
  let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    .map { String(Substring($0)) }
  let topic = lines[0]
  var index = FilterIndex<Int>()
  var expected: [Int] = []
  var filters: [Int: TopicFilter] = [:]
  for (number, line) in lines.enumerated().dropFirst() {
    let reference = ReferenceFilter(line)
    let filter = try? TopicFilter(line)
    precondition((filter != nil) == reference.isValid, "validity of \(line)")
    guard let filter else { continue }
    let matches = filter.matches(topic: topic)
    precondition(matches == reference.matches(topic), "\(line) and \(topic)")
    if matches { expected.append(number) }
    index.insert(number, for: filter)
    filters[number] = filter
  }
  var found: [Int] = []
  index.forEachMatch(topic) { found.append($0) }
  precondition(found.sorted() == expected, "the index finds \(found), not \(expected)")
  for (number, filter) in filters {
    precondition(index.remove(number, for: filter), "\(filter) was not filed")
  }
  precondition(index.isEmpty)
  return 0
}

/// Topic filters by splitting and recursion. [MQTT 5.0, 4.7 and 4.8.2]
struct ReferenceFilter {
  private var levels: [[UInt8]]
  private let isShareComplete: Bool
  private let isPlain: Bool

  init(_ text: String) {
    levels = Self.split(text)
    isPlain = !text.isEmpty && text.utf8.count <= 65_535 && !text.utf8.contains(0)
    guard levels.count > 1, levels[0] == Array("$share".utf8) else {
      isShareComplete = true
      return
    }
    let group = levels[1]
    levels.removeFirst(2)
    isShareComplete =
      !group.isEmpty && !Self.hasWildcard(group) && !levels.isEmpty && levels != [[]]
  }

  var isValid: Bool {
    isPlain && isShareComplete
      && levels.allSatisfy { !Self.hasWildcard($0) || $0.count == 1 }
      && levels.dropLast().allSatisfy { $0 != [UInt8(ascii: "#")] }
  }

  func matches(_ topic: String) -> Bool {
    guard !topic.isEmpty else { return false }
    let isReserved = topic.utf8.first == UInt8(ascii: "$")
    if isReserved, Self.hasWildcard(levels[0]) { return false }
    return Self.matches(levels[...], Self.split(topic)[...])
  }

  private static func matches(
    _ filter: ArraySlice<[UInt8]>, _ topic: ArraySlice<[UInt8]>
  ) -> Bool {
    guard let level = filter.first else { return topic.isEmpty }
    if level == [UInt8(ascii: "#")] { return true }
    guard let name = topic.first else { return false }
    return (level == [UInt8(ascii: "+")] || level == name)
      && matches(filter.dropFirst(), topic.dropFirst())
  }

  private static func split(_ text: String) -> [[UInt8]] {
    text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { Array($0) }
  }

  private static func hasWildcard(_ level: [UInt8]) -> Bool {
    level.contains(UInt8(ascii: "+")) || level.contains(UInt8(ascii: "#"))
  }
}
