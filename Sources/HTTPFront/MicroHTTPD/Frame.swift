package import WebSocketProtocol

/// A piece of a stream, encoded once and shared by everyone who is sent it.
///
/// The chunked framing (its size in hexadecimal and the line ends around it) is part of the
/// bytes, so that writing it is nothing but showing the kernel where they are. Clients of
/// HTTP/1.0 are shown the content alone. A frame of a WebSocket has that protocol's framing, and is
/// for WebSockets only.
package final class Frame: Sendable {
  private let bytes: SharedBytes
  private let prefixCount: Int
  /// The size of the content, without the chunked framing.
  package let count: Int
  /// The application's growing number of what the frame says; 0 for a frame that has none.
  package let position: Int64

  package init(_ content: [UInt8], position: Int64 = 0) {
    // A chunk of size zero would end the stream, so an empty frame has no bytes at all.
    let prefix = content.isEmpty ? [] : Self.chunkPrefix(content.count)
    bytes = SharedBytes([prefix, content, content.isEmpty ? [] : Self.lineEnd])
    prefixCount = prefix.count
    count = content.count
    self.position = position
  }

  package convenience init(_ text: String, position: Int64 = 0) {
    self.init(Array(text.utf8), position: position)
  }

  /// A whole message of a WebSocket, never compressed, so that many clients can share it.
  package init(
    webSocket kind: MessageKind, _ payload: some Collection<UInt8>, position: Int64 = 0
  ) {
    bytes = SharedBytes([ServerFrame.message(kind, payload)])
    prefixCount = 0
    count = bytes.count
    self.position = position
  }

  /// Whole messages of a WebSocket, each framed by `ServerFrame.message`.
  package init(webSocketFrames bytes: [UInt8], position: Int64 = 0) {
    self.bytes = SharedBytes([bytes])
    prefixCount = 0
    count = bytes.count
    self.position = position
  }

  /// The same content with a position of its own.
  func at(_ position: Int64) -> Frame {
    Frame(bytes(isChunked: false), position: position)
  }

  /// Bytes that are framed already, such as the head of an answer.
  init(raw: [UInt8], position: Int64 = 0) {
    bytes = SharedBytes([raw])
    prefixCount = 0
    count = raw.count
    self.position = position
  }

  /// The chunk that ends a body; nothing without the chunked framing.
  private init(terminator: [UInt8]) {
    bytes = SharedBytes([terminator])
    prefixCount = 0
    count = 0
    position = 0
  }

  static let terminator = Frame(terminator: Array("0\r\n\r\n".utf8))

  /// The content with or without its chunked framing.
  func bytes(isChunked: Bool) -> [UInt8] {
    isChunked
      ? bytes.copy(from: 0, count: bytes.count) : bytes.copy(from: prefixCount, count: count)
  }

  func count(isChunked: Bool) -> Int { isChunked ? bytes.count : count }

  /// Where a framing's byte at `offset` is; valid as long as the frame lives.
  @unsafe func address(at offset: Int, isChunked: Bool) -> UnsafeMutableRawPointer {
    unsafe bytes.address(at: isChunked ? offset : prefixCount + offset)
  }

  private static let lineEnd: [UInt8] = [0x0D, 0x0A]

  private static func chunkPrefix(_ count: Int) -> [UInt8] {
    Array(String(count, radix: 16).utf8) + lineEnd
  }
}
