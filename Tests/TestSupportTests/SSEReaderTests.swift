import TestSupport
import Testing

@Suite struct SSEReaderTests {
  /// A reader of a stream that consists of these chunks.
  private func reader(of chunks: [String]) throws -> SSEReader {
    let listener = try LoopbackListener()
    var answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for chunk in chunks + [""] {
      answer += String(chunk.utf8.count, radix: 16) + "\r\n" + chunk + "\r\n"
    }
    listener.answer(Array(answer.utf8))
    return try HTTPTestClient(port: listener.port).stream("/subscribe?topic=a")
  }

  @Test func `events, comments and the reconnection time are told apart`() throws {
    let reader = try reader(of: [
      ": bridge\nretry: 2713\n\nevent: bridge.open\ndata: {}\n\n",
      "id: 1\ndata: a\ndata: b\n\n: hb\n\n",
    ])
    #expect(try reader.next() == SSEEvent(name: "bridge.open", data: "{}", id: nil))
    #expect(try reader.next() == SSEEvent(name: "message", data: "a\nb", id: "1"))
    #expect(try reader.next() == nil)
    #expect(reader.comments == ["bridge", "hb"])
    #expect(reader.retryMilliseconds == 2713)
  }

  @Test func `an event may arrive in pieces`() throws {
    let reader = try reader(of: ["da", "ta: 2", "1.5\r", "\n\n", "data:x\n\n"])
    #expect(try reader.messages(2).map(\.data) == ["21.5", "x"])
  }

  @Test func `an event that is not complete at the end is dropped`() throws {
    let reader = try reader(of: ["data: a\n"])
    #expect(try reader.next() == nil)
  }
}
