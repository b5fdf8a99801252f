/// What makes a head ambiguous, so that whoever stands before us may see other requests in the same
/// bytes. [RFC 9112, 11.2]
enum HeadCheck {
  /// What is wrong; nil when everybody must read the head in the same way.
  static func violation(_ head: RequestHead) -> String? {
    let headers = head.headers
    if headers.count(of: "Content-Length") + headers.count(of: "Transfer-Encoding") > 1 {
      return "the length of the body is told twice"
    }
    if let length = headers["Content-Length"], !isNumber(length) {
      return "Content-Length is no number"
    }
    if let coding = headers["Transfer-Encoding"] {
      guard HeaderFields.same(coding, "chunked") else {
        return "Transfer-Encoding may only be chunked"
      }
      if head.version != "HTTP/1.1" { return "Transfer-Encoding needs HTTP/1.1" }
    }
    let hosts = headers.count(of: "Host")
    if hosts > 1 || (hosts == 0 && head.version == "HTTP/1.1") { return "one Host is needed" }
    return nil
  }

  private static func isNumber(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 18 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
