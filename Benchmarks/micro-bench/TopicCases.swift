import MQTTClient

/// Which filters a topic belongs to.
let topicCases = [
  MicroCase("match-filter") { count in
    let filters = try ["factory/+/sensor42/#", "factory/line1/sensor42/humidity"].map(
      TopicFilter.init)
    var matches = 0
    for number in 0..<count
    where filters[number % 2].matches(topic: "factory/line1/sensor42/temperature") {
      matches += 1
    }
    try expect(matches == (count + 1) / 2, "\(matches) matches in \(count)")
  },
  MicroCase("find-in-10000-filters") { count in
    var index = FilterIndex<Int>()
    for number in 0..<10_000 {
      index.insert(number, for: try TopicFilter("factory/line\(number % 100)/sensor\(number)/+"))
    }
    index.insert(10_000, for: try TopicFilter("factory/#"))
    var found = 0
    let topics = (0..<100).map { "factory/line\($0)/sensor\($0)/temperature" }
    for number in 0..<count { index.forEachMatch(topics[number % 100]) { _ in found += 1 } }
    try expect(found == 2 * count, "\(found) matches in \(count)")
  },
]
