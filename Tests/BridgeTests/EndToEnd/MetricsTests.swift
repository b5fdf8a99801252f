import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// What `GET /metrics` tells of what happened.
  @Suite struct MetricsTests {
    /// The samples of one answer, by name and labels as they stand there.
    private func samples(_ bridge: RunningProgram) throws -> [String: Double] {
      let answer = try bridge.adminClient.get("/metrics")
      var samples: [String: Double] = [:]
      for line in answer.text.split(separator: "\n") where !line.hasPrefix("#") {
        let cut = try #require(line.lastIndex(of: " "))
        let value = try #require(Double(line[line.index(after: cut)...]), "\(line)")
        #expect(samples.updateValue(value, forKey: String(line[..<cut])) == nil, "\(line)")
      }
      return samples
    }

    @Test func `requests, publishes, deliveries and streams are counted`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let before = try samples(bridge)
      #expect(before["bridge_mqtt_connected"] == 1)
      #expect(before["bridge_ready"] == 1 && before["bridge_draining"] == 0)
      #expect(before["bridge_store_failures_total"] == 0)
      #expect(before["bridge_streams{kind=\"sse\"}"] == 0)
      let stream = try bridge.open("topic=m/%23").reader
      for qos in 0...2 {
        #expect(try bridge.client.post("/topics/m/\(qos)?qos=\(qos)", "x").status == 200)
      }
      #expect(try bridge.client.post("/topics/m/+", "x").status == 400)
      #expect(try bridge.client.get("/nowhere").status == 404)
      let key = [("Idempotency-Key", "k")]
      for _ in 0..<2 { _ = try bridge.client.post("/topics/m/k?qos=1", "x", headers: key) }
      let isCounted = try eventually {
        try samples(bridge)["bridge_received_total{qos=\"1\"}"] ?? 0 >= 3
      }
      #expect(isCounted)
      let after = try samples(bridge)
      let route = "route=\"/topics/{topic...}\",method=\"POST\""
      #expect(after["bridge_http_requests_total{\(route),code=\"200\"}"] == 5)
      #expect(after["bridge_http_requests_total{\(route),code=\"400\"}"] == 1)
      let unknown = "route=\"other\",method=\"other\",code=\"404\""
      #expect(after["bridge_http_requests_total{\(unknown)}"] == 1)
      #expect(after["bridge_http_request_seconds_count{\(route)}"] == 6)
      #expect(after["bridge_publish_total{qos=\"0\",outcome=\"sent\"}"] == 1)
      #expect(after["bridge_publish_total{qos=\"1\",outcome=\"acked\"}"] == 2)
      #expect(after["bridge_publish_total{qos=\"2\",outcome=\"acked\"}"] == 1)
      #expect(after["bridge_publish_ack_seconds_count{qos=\"1\"}"] == 2)
      #expect(after["bridge_publish_ack_seconds_count{qos=\"2\"}"] == 1)
      #expect(after["bridge_idempotent_replays_total"] == 1)
      #expect(after["bridge_streams{kind=\"sse\"}"] == 1)
      #expect(after["bridge_queue_messages{state=\"stored\"}"] == 0)
      #expect(after["bridge_store_commit_seconds_count"] ?? 0 > 0)
      #expect(after["bridge_store_batch_size_sum"] ?? 0 >= 3)
      #expect(after["process_open_fds"] ?? 0 > 5 && after["process_cpu_seconds_total"] ?? 0 > 0)
      #expect(after["process_resident_memory_bytes"] ?? 0 > 1_000_000)
      let started = after["process_start_time_seconds"] ?? 0
      #expect(abs(started - Date().timeIntervalSince1970) < 3600)
      #expect(after.keys.allSatisfy { !$0.contains("m/1") })
      stream.close()
      let isClosed = try eventually {
        try samples(bridge)["bridge_stream_closed_total{reason=\"client_left\"}"] == 1
      }
      #expect(isClosed)
    }

    @Test func `a broker that goes away shows in the state, the queue and the reconnects`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      try broker.stop()
      let isNoticed = try eventually {
        try samples(bridge)["bridge_mqtt_connected"] == 0
      }
      #expect(isNoticed)
      #expect(try bridge.client.post("/topics/q?ack=stored&qos=1", "x").status == 202)
      let now = try samples(bridge)
      #expect(
        (now["bridge_queue_messages{state=\"stored\"}"] ?? 0)
          + (now["bridge_queue_messages{state=\"sending\"}"] ?? 0) == 1)
      let reconnects = now.filter { $0.key.hasPrefix("bridge_mqtt_reconnects_total") }
      #expect(reconnects.values.reduce(0, +) >= 1)
    }

    @Test func `the format follows what the client accepts, and promtool finds no fault`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      #expect(try bridge.client.post("/topics/m/1?qos=1", "x").status == 200)
      let plain = try bridge.adminClient.get("/metrics")
      #expect(plain.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
      let accept = [("Accept", "application/openmetrics-text; version=1.0.0, text/plain;q=0.5")]
      let open = try bridge.adminClient.request("GET", "/metrics", headers: accept)
      #expect(
        open.header("content-type")
          == "application/openmetrics-text; version=1.0.0; charset=utf-8")
      #expect(
        open.text.hasSuffix("# EOF\n") && open.text.contains("# TYPE bridge_publish counter\n"))
      guard let promtool = Promtool.path else { return }
      #expect(try Promtool.complaints(promtool, plain.body) == "")
    }

    @Test func `what is served is what the document lists`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let text = try bridge.adminClient.get("/metrics").text
      let served = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { line in
        line.split(separator: " ").dropFirst(2).joined(separator: " ")
      }
      let file = PackageFolder.file("docs/metrics.md")
      let document = try String(contentsOfFile: file, encoding: .utf8)
      let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `") }
      let listed = rows.flatMap { row -> [String] in
        let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        return cells[0].split(separator: ",").map { name in
          "\(name.filter { $0 != "`" && $0 != " " }) \(cells[1])"
        }
      }
      #expect(!listed.isEmpty && Set(listed) == Set(served))
      #expect(served.count == Set(served).count)
    }
  }
}

/// Prometheus' own checker, where it is installed.
private enum Promtool {
  static let path: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/promtool" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }()

  static func complaints(_ path: String, _ metrics: [UInt8]) throws -> String {
    let folder = try TemporaryDirectory()
    let file = folder.file("metrics")
    try Data(metrics).write(to: URL(filePath: file))
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = ["check", "metrics"]
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: file))
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }
}
