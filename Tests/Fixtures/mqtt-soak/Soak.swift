import EventLoop
import Foundation
import MQTTClient
import MQTTSessionStore

/// Publishes through one client and counts what arrives at another one, for as long as it is told.
///
/// `mqtt-soak PUBLISHER-URL SUBSCRIBER-URL [--seconds N] [--rate N] [--store DIR]
/// [--patience N]`. Each line on stdout is a JSON object: `progress` every two seconds, `loaded` when
/// the load is over, and `result` at the end. The exit status is 0 whatever was lost.
@main struct Soak {
  private let arguments: SoakArguments
  private let ledger = SoakLedger()

  static func main() async throws {
    try await Soak(arguments: SoakArguments(CommandLine.arguments)).run()
  }

  private func run() async throws {
    let store = try FileSessionStore(directory: arguments.store)
    let subscriber = try client(arguments.subscriber, "soak-subscriber", store: nil)
    let publisher = try client(arguments.publisher, "soak-publisher", store: store)
    try subscriber.start()
    try publisher.start()
    // Without limit on the wait: a fault may hit the first connections too.
    let messages = try await subscriber.subscribe(to: "soak/#")
    let reading = Task { try await read(messages) }
    let reporting = Task { try await report() }

    let outcomes = await load(publisher)
    write(["kind": "loaded"])
    for outcome in outcomes { await outcome.value }
    let isComplete = await arrival()
    reporting.cancel()
    var result = ledger.result
    result["kind"] = "result"
    result["isComplete"] = isComplete
    write(result)
    await publisher.disconnect()
    await subscriber.disconnect()
    store.close()
    reading.cancel()
  }

  private func client(
    _ url: String, _ id: String, store: FileSessionStore?
  ) throws -> MQTTClient {
    var options = try ClientOptions(url)
    options.session.clientID = id
    options.session.keepAlive = 5
    options.session.pingTimeout = .seconds(3)
    options.session.acknowledgementTimeout = .seconds(8)
    options.session.connectTimeout = .seconds(5)
    options.session.reconnect = .always
    options.session.reconnect.backoff.maximum = .seconds(2)
    options.sessionStore = store
    return try MQTTClient(options)
  }

  /// Publishes at the rate until the time is over; returns the waits for the last outcomes.
  private func load(_ publisher: MQTTClient) async -> [Task<Void, Never>] {
    var random = SystemRandomNumberGenerator()
    let clock = ContinuousClock()
    let start = clock.now
    var waits: [Task<Void, Never>] = []
    var number = 0
    while clock.now - start < .seconds(arguments.seconds) {
      let wanted = Int((clock.now - start) / .milliseconds(1)) * arguments.rate / 1000
      while number < wanted {
        let qos: QoS = number % 2 == 0 ? .atLeastOnce : .exactlyOnce
        let size = Int.random(in: 0...512, using: &random)
        let message = ledger.message(number, qos, padding: size)
        number += 1
        let task = Task { ledger.ended(message.number, await publisher.publish(message.message)) }
        waits.append(task)
      }
      if waits.count > 4 * arguments.rate {
        for wait in waits.prefix(arguments.rate) { await wait.value }
        waits.removeFirst(arguments.rate)
      }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return waits
  }

  private func read(_ messages: MessageSequence) async throws {
    for try await message in messages { ledger.arrived(message) }
  }

  /// Waits until everything acknowledged has arrived, at most as long as told.
  private func arrival() async -> Bool {
    let end = ContinuousClock.now + .seconds(arguments.patience)
    while ContinuousClock.now < end {
      if ledger.isComplete { return true }
      try? await Task.sleep(for: .milliseconds(100))
    }
    return false
  }

  private func report() async throws {
    while true {
      try await Task.sleep(for: .seconds(2))
      var progress = ledger.progress
      progress["kind"] = "progress"
      progress["residentKiB"] = Self.residentKiB
      write(progress)
    }
  }

  private func write(_ object: [String: Any]) {
    guard let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
    else { return }
    FileHandle.standardOutput.write(data + Data("\n".utf8))
  }

  /// What the process has in memory, from the kernel's table.
  private static var residentKiB: Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }
}
