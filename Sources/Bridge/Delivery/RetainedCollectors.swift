import HTTPFront
import MQTTClient

/// The streams that still get the retained messages of a SUBSCRIBE, each message once.
struct RetainedCollectors {
  private static let rememberedTopicsMaximum = 10_000

  private var streams: [SubscriptionIdentifier: Set<StreamID>] = [:]
  private var generations: [Int: Set<UInt32>] = [:]
  /// Only used without identifiers: what each stream has had.
  private var seen: [StreamID: Set<String>] = [:]

  var isEmpty: Bool { streams.isEmpty && generations.isEmpty && seen.isEmpty }

  mutating func add(_ stream: StreamID, _ identifier: SubscriptionIdentifier) {
    streams[identifier, default: []].insert(stream)
    generations[identifier.slot, default: []].insert(identifier.generation)
  }

  mutating func remove(_ stream: StreamID, _ identifier: SubscriptionIdentifier) {
    seen[stream] = nil
    streams[identifier]?.remove(stream)
    guard streams[identifier]?.isEmpty == true else { return }
    streams[identifier] = nil
    generations[identifier.slot]?.remove(identifier.generation)
    if generations[identifier.slot]?.isEmpty == true { generations[identifier.slot] = nil }
  }

  /// Who gets a retained message that carries this identifier.
  func streams(of identifier: SubscriptionIdentifier) -> Set<StreamID> {
    streams[identifier] ?? []
  }

  /// Who gets a retained message of this slot when messages carry no identifiers.
  ///
  /// The SUBSCRIBE it belongs to cannot be told, so each stream takes each topic once. A stream
  /// that has had ten thousand topics takes no more.
  mutating func streams(ofSlot slot: Int, topic: String) -> [StreamID] {
    var result: [StreamID] = []
    for generation in generations[slot] ?? [] {
      for stream in streams[SubscriptionIdentifier(slot: slot, generation: generation)] ?? [] {
        guard seen[stream, default: []].count < Self.rememberedTopicsMaximum else { continue }
        if seen[stream, default: []].insert(topic).inserted { result.append(stream) }
      }
    }
    return result
  }
}
