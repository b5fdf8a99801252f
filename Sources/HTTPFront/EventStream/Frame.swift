/// A piece of a stream, encoded once and shared by everyone who is sent it.
///
/// The chunked framing (its size in hexadecimal and the line ends around it) is part of the
/// bytes, so that writing it is nothing but showing the kernel where they are.
package final class Frame: Sendable {
  private let bytes: SharedBytes
  private let prefixCount: Int
  /// The size of the content, without the chunked framing.
  package let count: Int

  package init(_ content: [UInt8]) {
    let prefix = Array(String(content.count, radix: 16).utf8) + [0x0D, 0x0A]
    // A chunk of size zero would end the stream, so an empty frame has no bytes at all.
    bytes = content.isEmpty ? SharedBytes([]) : SharedBytes([prefix, content, [0x0D, 0x0A]])
    prefixCount = content.isEmpty ? 0 : prefix.count
    count = content.count
  }

  package convenience init(_ text: String) {
    self.init(Array(text.utf8))
  }
}
