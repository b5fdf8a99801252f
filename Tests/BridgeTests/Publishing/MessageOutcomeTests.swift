import MQTTClient
import Store
import Testing

@testable import Bridge

@Suite struct MessageOutcomeTests {
  @Test(arguments: [MessageState.queued, .sent, .received, .acked, .rejected, .expired])
  func `an outcome comes back from the store`(state: MessageState) {
    for rawValue in UInt8.min...UInt8.max {
      for isUncertain in [false, true] {
        let outcome = MessageOutcome(
          state: state, reasonCode: ReasonCode(rawValue: rawValue), reasonString: "no, ß",
          isUncertain: isUncertain)
        #expect(MessageOutcome(outcome.stored) == outcome)
      }
    }
    #expect(MessageOutcome(MessageOutcome(state: state).stored) == MessageOutcome(state: state))
  }

  @Test func `the numbers in the store keep their meaning`() {
    let outcome = MessageOutcome(
      state: .rejected, reasonCode: .notAuthorized, reasonString: "no", isUncertain: true)
    #expect(outcome.stored == Outcome(code: 0x04_01_87, detail: Array("no".utf8)))
    #expect(MessageOutcome(state: .acked).stored == Outcome(code: 0x03_00_00))
    #expect(MessageOutcome(state: .expired).stored == Outcome(code: 0x05_00_00))
  }

  @Test(arguments: [Int64.min, -1, 6 << 16, .max])
  func `a code of nobody is no outcome`(code: Int64) {
    #expect(MessageOutcome(Outcome(code: code)) == nil)
  }
}
