import Testing

@testable import Bridge

@Suite struct ConnectionGapTests {
  private static func reason(
    isFirst: Bool, sessionPresent: Bool, hasFilters: Bool, isNew: Bool
  ) -> String? {
    let mark = ConnectionGap(
      isFirst: isFirst, sessionPresent: sessionPresent, hasFilters: hasFilters, isNew: isNew
    ).mark
    #expect(mark.map { $0.isQoS0Only == sessionPresent } ?? true)
    return mark?.reason
  }

  @Test(arguments: [
    (true, true, "bridge_restarted"), (true, false, "broker_session_lost"),
    (false, true, "broker_connection_lost"), (false, false, "broker_session_lost"),
  ])
  func `who has filters is told what a connection may have cost`(
    isFirst: Bool, sessionPresent: Bool, reason: String
  ) {
    #expect(
      Self.reason(
        isFirst: isFirst, sessionPresent: sessionPresent, hasFilters: true, isNew: false) == reason)
  }

  @Test func `a session that was lost while the bridge was down is told whoever comes`() {
    #expect(
      Self.reason(isFirst: true, sessionPresent: false, hasFilters: false, isNew: false)
        == "broker_session_lost")
  }

  @Test func `the first connection of a new data directory has nothing before it`() {
    for (sessionPresent, hasFilters) in [
      (true, true), (true, false), (false, true), (false, false),
    ] {
      #expect(
        Self.reason(
          isFirst: true, sessionPresent: sessionPresent, hasFilters: hasFilters, isNew: true) == nil
      )
    }
    #expect(
      Self.reason(isFirst: false, sessionPresent: false, hasFilters: true, isNew: true)
        == "broker_session_lost")
  }

  @Test func `without filters a later connection costs nothing`() {
    for sessionPresent in [true, false] {
      #expect(
        Self.reason(
          isFirst: false, sessionPresent: sessionPresent, hasFilters: false, isNew: false) == nil)
    }
    #expect(
      Self.reason(isFirst: true, sessionPresent: true, hasFilters: false, isNew: false) == nil)
  }
}
