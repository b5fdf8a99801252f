import Testing
import WebSocketProtocol

@Suite struct Base64Tests {
  /// The vectors of RFC 4648.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]) func `text and bytes stand for each other`(plain: String, text: String) {
    #expect(Base64.encoded(plain.utf8) == text)
    #expect(Base64.decoded(text) == Array(plain.utf8))
  }

  @Test func `all bytes come back`() {
    for count in 0..<300 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      #expect(Base64.decoded(Base64.encoded(bytes)) == bytes)
    }
  }

  @Test(arguments: [
    "Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Zm9=", "=", "====", "Z", "Zm9v=", "Zm 9v", "Zm9v\n",
    "Zm9v====", "Zg==Zg==", "Zm-_", "ü", "A===",
  ]) func `text that is not the one for its bytes is refused`(text: String) {
    #expect(Base64.decoded(text) == nil)
  }
}
