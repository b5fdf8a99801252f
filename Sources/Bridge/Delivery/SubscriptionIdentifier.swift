/// Which upstream subscription a message came through: its slot, and the SUBSCRIBE that asked.
///
/// Each SUBSCRIBE of a filter carries an identifier of its own, so that retained messages that
/// it brings can be told from those that an earlier SUBSCRIBE of the same filter brought. The 28
/// bits of MQTT's Subscription Identifier hold the slot of the filter and a generation that wraps.
struct SubscriptionIdentifier: Hashable, Sendable {
  static let slotMaximum = (1 << 18) - 1
  static let generations: UInt32 = 1 << 10

  let slot: Int
  let generation: UInt32

  init(slot: Int, generation: UInt32) {
    self.slot = slot
    self.generation = generation % Self.generations
  }

  init(wire: UInt32) {
    slot = Int(wire / Self.generations)
    generation = wire % Self.generations
  }

  /// 1 to 268,435,455, because slots start at 1.
  var wire: UInt32 { UInt32(slot) * Self.generations + generation }

  /// The identifier of the next SUBSCRIBE of the same filter.
  var next: Self { Self(slot: slot, generation: generation + 1) }
}
