import Testing

@testable import MQTTClient

@Suite struct SessionOptionsTests {
  @Test func `no description shows the password`() {
    var options = SessionOptions(clientID: "bridge")
    options.password = Bytes("hunter2".utf8)
    var dumped = ""
    dump(options, to: &dumped)
    let texts = ["\(options)", String(reflecting: options), dumped, "\([options])"]
    let bytes = "104, 117"
    for text in texts {
      #expect(!text.contains("hunter2") && !text.contains(bytes))
      #expect(text.contains("hidden"))
    }
  }
}
