import Store
import Testing

@testable import Bridge

@Suite struct RefusalTests {
  @Test func `an admission is a refusal unless it is accepted`() {
    #expect(Publishing.Refusal(AppendAdmission.accepted) == nil)
    #expect(Publishing.Refusal(AppendAdmission.full(.messages)) == .queueFull)
    #expect(Publishing.Refusal(AppendAdmission.full(.bytes)) == .queueFull)
    #expect(Publishing.Refusal(AppendAdmission.full(.waiting)) == .storeBusy)
    #expect(Publishing.Refusal(AppendAdmission.closed) == .draining)
    #expect(Publishing.Refusal(AppendAdmission.failing(.diskFull)) == .diskFull)
  }

  @Test func `an item that was not taken is never in doubt`() {
    let unknown = StoreError.outcomeUnknown(code: 10)
    #expect(Publishing.Refusal(AppendAdmission.failing(unknown)) == .storeBusy)
    #expect(Publishing.Refusal(unknown) == .unknown)
    #expect(Publishing.Refusal(StoreError.diskFull) == .diskFull)
    #expect(Publishing.Refusal(StoreError.readOnly) == .storeBusy)
  }
}
