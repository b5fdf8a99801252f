import TestSupport
import Testing

@Suite struct HTTPTestClientTests {
  @Test func `a body with a length is read and the connection kept`() throws {
    let listener = try LoopbackListener()
    listener.answer(Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello".utf8))
    let response = try HTTPTestClient(port: listener.port).get("/")
    #expect(response.status == 200)
    #expect(response.text == "hello")
    #expect(response.header("A") == "b")
  }

  @Test func `a chunked body is put together`() throws {
    let listener = try LoopbackListener()
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    listener.answer(Array((head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").utf8))
    #expect(try HTTPTestClient(port: listener.port).get("/").text == "abcde")
  }

  @Test func `an answer that is cut short is an error`() throws {
    let listener = try LoopbackListener()
    listener.answer(Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello".utf8))
    #expect(throws: TestFailure.self) { try HTTPTestClient(port: listener.port).get("/") }
  }

  @Test func `a server that says nothing is an error after the deadline`() throws {
    let listener = try LoopbackListener()
    let client = HTTPTestClient(port: listener.port)
    #expect(throws: TestFailure.self) {
      try client.request("GET", "/", within: .milliseconds(20))
    }
  }
}
