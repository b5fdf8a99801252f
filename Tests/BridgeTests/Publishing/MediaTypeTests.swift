import Testing

@testable import Bridge

@Suite struct MediaTypeTests {
  @Test(arguments: [
    ("application/json", "application/json"), ("Application/JSON", "application/json"),
    ("application/json; charset=utf-8", "application/json"),
    (" text/plain\t;format=flowed", "text/plain"), ("text / plain", "text/plain"),
    ("", ""), (";", ""), ("image/x-ü", "image/x-ü"),
  ])
  func `the essence is the type without parameters and blanks, in lower case`(
    header: String, essence: String
  ) {
    #expect(MediaType(header).essence == essence)
  }

  @Test(arguments: [
    ("text/csv", true), ("TEXT/CSV; header=present", true), ("application/json", true),
    ("application/senml+json", true), ("application/octet-stream", false), ("image/png", false),
  ])
  func `text is what begins with text or is JSON`(header: String, isText: Bool) {
    #expect(MediaType(header).isText == isText)
  }
}
