import EventLoop
import FoundationEssentials

/// A file with the id of the last event that a command has printed.
enum PositionFile {
  /// The id, or nil when the file does not exist yet or is empty.
  static func read(_ path: String) throws(CallFailure) -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do throws(SystemError) {
      let bytes = try FileReader(path: path).read(atMost: 1 << 12)
      let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
      return line.map(String.init)
    } catch {
      throw .usage("\(path): \(error)")
    }
  }

  /// Replaces the file as a whole, so that a crash leaves the old id or the new one.
  static func write(_ id: String, to path: String) throws(CallFailure) {
    do {
      try Data((id + "\n").utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw .usage("\(path) cannot be written")
    }
  }
}
