import FoundationEssentials
import MQTTClient
import Testing

/// The committed inputs of the fuzz targets `client_decoder` and `server_decoder`.
@Suite struct SeedCorpusTests {
  /// After a change of the vectors, run this with MQTT_WRITE_CORPUS=1 to write the files again.
  @Test func `the seed corpus is made of the vectors`() throws {
    let fuzz = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz")
    let isWriting = ProcessInfo.processInfo.environment["MQTT_WRITE_CORPUS"] == "1"
    for (path, bytes) in Self.files {
      let file = fuzz.appending(path: path)
      if isWriting { try Data(bytes).write(to: file) }
      #expect(try Array(Data(contentsOf: file)) == bytes, "\(path)")
    }
  }

  /// One file for each packet type, version and reader, with all its vectors behind each other.
  ///
  /// A stream has only one CONNECT, so each of these has its own file.
  static var files: [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for vector in PacketVector.canonical {
      let target = vector.role == .client ? "client_decoder" : "server_decoder"
      var path = "\(target)/corpus/\(vector.version)-\(vector.packet.type.name)"
      if vector.packet.type == .connect {
        path += "-" + vector.name.split(separator: " ").joined(separator: "-")
      }
      files[path] = (files[path] ?? start(vector)) + vector.bytes
    }
    return files
  }

  /// The byte that decides the version and the cuts, and the CONNECT that a server wants first.
  private static func start(_ vector: PacketVector) -> [UInt8] {
    let choice: UInt8 = vector.version == .v5 ? 1 : 0
    guard vector.role == .server, vector.packet.type != .connect else { return [choice] }
    return [choice]
      + wire(vector.version == .v5 ? "10 ['MQTT' 05 02 0000 [] '']" : "10 ['MQTT' 04 02 0000 '']")
  }
}
