import Testing

@testable import Bridge

/// What the commands that call a bridge read and write.
@Suite struct ClientTextTests {
  @Test func `lines are found wherever pieces end`() {
    let bytes = Array("one\n\ntwo three\n".utf8)
    for size in 1...bytes.count {
      var splitter = LineSplitter()
      var lines: [[UInt8]] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        lines += splitter.lines(piece) ?? []
      }
      #expect(lines == [Array("one".utf8), [], Array("two three".utf8)])
    }
  }

  @Test func `a line is a message, an event of the bridge, or none of a bridge`() {
    let message = #"{"id":"k-1-2","topic":"a","payload":"AP8=","payload_encoding":"base64"}"#
    guard case .message(let read)? = StreamLine(Array(message.utf8)) else {
      Issue.record("no message")
      return
    }
    #expect(read.id == "k-1-2" && read.topic == "a" && read.payload == [0, 255])
    guard case .event("bridge.gap", _)? = StreamLine(Array(#"{"event":"bridge.gap"}"#.utf8)) else {
      Issue.record("no event")
      return
    }
    for text in ["<html>", "[]", #"{"topic":"a"}"#, #"{"topic":"a","payload":1}"#] {
      #expect(StreamLine(Array(text.utf8)) == nil)
    }
  }

  @Test func `what a terminal would obey is not shown`() {
    #expect(Terminal.harmless("a\u{1B}[2Jb\u{9B}c\n") == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}")
    #expect(Terminal.harmless("täglich\t1") == "täglich\t1")
    let plain = Terminal(isInteractive: true, environment: ["NO_COLOR": "1"])
    #expect(plain.text("x", .red) == "x")
    #expect(
      Terminal(isInteractive: true, environment: [:]).text("x", .red) == "\u{1B}[31mx\u{1B}[0m")
  }

  @Test func `URLs have nothing that is not theirs`() {
    #expect(URLText.encoded("a/+/#?&=ä~") == "a%2F%2B%2F%23%3F%26%3D%C3%A4~")
  }

  @Test(arguments: [
    (Duration.microseconds(7), "7.00 µs"), (.microseconds(1520), "1.52 ms"),
    (.milliseconds(61), "61.0 ms"), (.milliseconds(999), "999 ms"), (.seconds(12), "12.0 s"),
  ])
  func `times have three digits`(time: Duration, text: String) {
    #expect(BenchFigures.text(time) == text)
  }

  @Test func `quantiles are values that were measured`() {
    let values = (1...100).map { Int32($0) }
    #expect(BenchFigures.quantile(0.5, of: values) == 51)
    #expect(BenchFigures.quantile(1, of: values) == 100)
    #expect(BenchFigures.quantile(0.5, of: []) == nil)
  }

  @Test func `a bar is as long as its share`() {
    #expect(ProgressBar.line(0.5, "x").filter { $0 == "█" }.count == 12)
    #expect(ProgressBar.line(7, "x").hasSuffix("100 %  x"))
    #expect(ProgressBar.line(nil, "x") == "x")
  }

  @Test func `a problem is told with its code, and without one by its status`() {
    let body = #"{"code":"topic-invalid","detail":"no","hint":"so","status":400,"kept":true}"#
    #expect(
      "\(CallFailure.Problem(status: 400, Array(body.utf8)))" == "topic-invalid: no (so) [kept]")
    #expect("\(CallFailure.Problem(status: 502, Array("<html>".utf8)))".hasPrefix("status-502"))
  }
}
