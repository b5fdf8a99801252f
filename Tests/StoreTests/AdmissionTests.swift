import Testing

@testable import Store

@Suite struct AdmissionTests {
  var admission = Admission(
    outbox: .init(messages: 3, bytes: 100), waiting: .init(messages: 2, bytes: 50),
    holding: .init(messages: 0, bytes: 0))

  @Test mutating func `items that wait for their commit count against the outbox`() {
    #expect(admission.request(messages: 1, bytes: 50) == .accepted)
    admission.stored(messages: 1, bytes: 50)
    #expect(admission.request(messages: 1, bytes: 50) == .accepted)
    #expect(admission.request(messages: 1, bytes: 1) == .full(.bytes))
    #expect(admission.request(messages: 1, bytes: 0) == .accepted)
    #expect(admission.request(messages: 1, bytes: 0) == .full(.messages))
  }

  @Test mutating func `what waits is bounded, and one item of any size may wait`() {
    #expect(admission.request(messages: 1, bytes: 90) == .accepted)
    #expect(admission.request(messages: 1, bytes: 1) == .full(.waiting))
    admission.stored(messages: 1, bytes: 90)
    #expect(admission.request(messages: 1, bytes: 1) == .accepted)
    #expect(admission.request(messages: 1, bytes: 1) == .accepted)
  }

  @Test mutating func `refused and removed items make room again`() {
    #expect(admission.request(messages: 3, bytes: 100) == .accepted)
    admission.refused(messages: 1, bytes: 40)
    admission.stored(messages: 2, bytes: 60)
    admission.removed(messages: 1, bytes: 30)
    #expect(admission.request(messages: 2, bytes: 70) == .accepted)
    #expect(admission.request(messages: 1, bytes: 0) == .full(.messages))
  }

  @Test mutating func `a failing or closed store says so before anything else`() {
    admission.failed(.diskFull)
    #expect(admission.request(messages: 9, bytes: 0) == .failing(.diskFull))
    admission.recovered()
    #expect(admission.request(messages: 1, bytes: 0) == .accepted)
    admission.close()
    #expect(admission.request(messages: 1, bytes: 0) == .closed)
  }
}
