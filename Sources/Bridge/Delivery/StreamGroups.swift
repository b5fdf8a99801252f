import Access
import HTTPFront
import MQTTClient

/// The groups of streams, and which of them a message belongs to.
struct StreamGroups {
  /// The groups of one http thread that want a message in the same form.
  struct Target: Equatable {
    let shard: Int
    let representation: Representation
    var groups: [GroupID]
  }

  private struct Group {
    let key: Key
    let filters: [TopicFilter]
    var members = 0
  }

  private struct Key: Hashable {
    let shard: Int
    let filters: [Filter]
    let representation: Representation
    let `guard`: DeliveryGuard?
  }

  /// A granted filter of a stream.
  struct Filter: Hashable {
    let slot: Int
    let filter: TopicFilter
  }

  private var groups: [GroupID: Group] = [:]
  private var identifiers: [Key: GroupID] = [:]
  private var groupsOfSlot: [Int: Set<GroupID>] = [:]
  private var lastGroup: GroupID = 0

  var count: Int { groups.count }

  /// Every group, for what concerns all streams; of the representation only the form matters there.
  var all: [Target] { targets(groups.keys) }

  /// The groups with this filter, for what concerns the filter itself.
  func targets(ofSlot slot: Int) -> [Target] { targets(groupsOfSlot[slot] ?? []) }

  private func targets(_ ids: some Sequence<GroupID>) -> [Target] {
    var targets: [Target] = []
    for id in ids {
      guard let key = groups[id]?.key else { continue }
      add(id, shard: key.shard, Representation(form: key.representation.form), to: &targets)
    }
    return targets
  }

  /// One more stream with these filters, in the order of its request.
  mutating func join(
    shard: Int, _ filters: [Filter], _ representation: Representation,
    _ guard: DeliveryGuard? = nil
  ) -> GroupID {
    let key = Key(
      shard: shard, filters: filters, representation: representation, guard: `guard`)
    let id: GroupID
    if let known = identifiers[key] {
      id = known
    } else {
      lastGroup += 1
      id = lastGroup
      identifiers[key] = id
      groups[id] = Group(key: key, filters: filters.map(\.filter))
      for filter in filters { groupsOfSlot[filter.slot, default: []].insert(id) }
    }
    groups[id]?.members += 1
    return id
  }

  /// One stream less.
  mutating func leave(_ id: GroupID) {
    guard var group = groups[id] else { return }
    group.members -= 1
    guard group.members == 0 else {
      groups[id] = group
      return
    }
    groups[id] = nil
    identifiers[group.key] = nil
    for filter in group.key.filters {
      groupsOfSlot[filter.slot]?.remove(id)
      if groupsOfSlot[filter.slot]?.isEmpty == true { groupsOfSlot[filter.slot] = nil }
    }
  }

  /// Adds the groups for which a copy of a message counts; `matching` are the slots of its topic.
  ///
  /// What a replay of the log would give a group, and nothing else: a stream may join it while
  /// messages are being logged that came before its filter was subscribed.
  func collect(
    _ origin: Origin, _ matching: [Int], topic: String, into targets: inout [Target]
  ) {
    for (position, slot) in matching.enumerated() {
      for id in groupsOfSlot[slot] ?? [] {
        guard let group = groups[id] else { continue }
        let hasIt = matching[..<position].contains { groupsOfSlot[$0]?.contains(id) == true }
        guard !hasIt, origin.counts(for: group.filters, topic: topic),
          group.key.guard?.allows(topic) ?? true
        else { continue }
        add(id, shard: group.key.shard, group.key.representation, to: &targets)
      }
    }
  }

  private func add(
    _ id: GroupID, shard: Int, _ representation: Representation, to targets: inout [Target]
  ) {
    let index = targets.firstIndex { $0.shard == shard && $0.representation == representation }
    if let index {
      targets[index].groups.append(id)
    } else {
      targets.append(Target(shard: shard, representation: representation, groups: [id]))
    }
  }

  /// Whether, of the retained messages that overlapping filters bring, this one counts.
  ///
  /// It is the one of the first filter that matches and that the broker serves. Shared
  /// subscriptions stand apart: what they bring, no other subscription brings.
  static func takes(_ filters: [Filter], slot: Int, topic: String, absent: Set<Int>) -> Bool {
    guard filters.count > 1 else { return true }
    for filter in filters {
      if filter.slot == slot { return true }
      guard !filter.filter.isShared, !absent.contains(filter.slot),
        filter.filter.matches(topic: topic)
      else { continue }
      return filters.contains { $0.slot == slot && $0.filter.isShared }
    }
    return false
  }

  var isEmpty: Bool { groups.isEmpty && identifiers.isEmpty && groupsOfSlot.isEmpty }
}
