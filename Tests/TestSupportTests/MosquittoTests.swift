import TestSupport
import Testing

@Suite struct MosquittoTests {
  @Test func `the broker accepts connections on its port until it is stopped`() throws {
    let broker = try Mosquitto()
    _ = try LoopbackSocket(port: broker.port)
    try broker.stop()
    #expect(throws: TestFailure.self) { try LoopbackSocket(port: broker.port) }
  }

  @Test func `a killed broker starts again on the same port`() throws {
    let broker = try Mosquitto()
    try broker.kill()
    #expect(!broker.isRunning)
    try broker.start()
    _ = try LoopbackSocket(port: broker.port)
  }

  @Test func `a retained message survives a restart`() throws {
    let broker = try Mosquitto()
    try MosquittoClient.publish("21.5", to: "a/b", on: broker, retain: true)
    try broker.restart()
    let subscriber = try MosquittoClient.subscribe(to: ["a/#"], on: broker)
    #expect(eventually { subscriber.output.messages == ["1 1 a/b 21.5"] })
  }

  @Test func `a login is asked for when one is configured`() throws {
    var options = Mosquitto.Options()
    options.login = ("user", "secret")
    let broker = try Mosquitto(options)
    #expect(throws: TestFailure.self) {
      try MosquittoClient.publish("x", to: "a", on: broker)
    }
    try MosquittoClient.publish(
      "x", to: "a", on: broker, arguments: ["-u", "user", "-P", "secret"])
  }
}
