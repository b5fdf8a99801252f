/// The command line clients of mosquitto: an independent opinion of what is on the broker.
package enum MosquittoClient {
  /// Publishes one message and waits until the broker has it.
  package static func publish(
    _ payload: String, to topic: String, on broker: Mosquitto, qos: Int = 1, retain: Bool = false,
    arguments: [String] = []
  ) throws {
    var command = ["-p", "\(broker.port)", "-t", topic, "-m", payload, "-q", "\(qos)"]
    if retain { command.append("-r") }
    let client = try ChildProcess("mosquitto_pub", command + arguments)
    guard client.waitForExit() == .status(0) else {
      throw TestFailure("mosquitto_pub failed: \(client.errors.text)")
    }
  }

  /// Starts a subscriber and waits until the broker has granted its subscriptions.
  ///
  /// Its output has one line per message: QoS, retain flag, topic and payload, divided by spaces.
  package static func subscribe(
    to filters: [String], on broker: Mosquitto, qos: Int = 2, arguments: [String] = []
  ) throws -> ChildProcess {
    var command = ["-d", "-p", "\(broker.port)", "-q", "\(qos)", "-F", "message %q %r %t %p"]
    for filter in filters { command += ["-t", filter] }
    let client = try ChildProcess("stdbuf", ["-oL", "mosquitto_sub"] + command + arguments)
    guard client.output.first(where: { $0.hasPrefix("Subscribed ") }) != nil else {
      throw TestFailure("mosquitto_sub did not subscribe: \(client.output.text)")
    }
    return client
  }
}

extension CapturedLines {
  /// What a subscriber of `MosquittoClient` has received so far: QoS, retain flag, topic and payload.
  package var messages: [String] {
    lines.filter { $0.hasPrefix("message ") }.map { String($0.dropFirst(8)) }
  }
}
