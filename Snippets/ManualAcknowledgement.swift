// Acknowledge a message only when its work is done; what is not acknowledged comes again.
//
//     swift run ManualAcknowledgement mqtt://127.0.0.1:1883
import MQTTClient

let client = try MQTTClient(
  ClientOptions(CommandLine.arguments.dropFirst().first ?? "mqtt://127.0.0.1:1883"))
try await client.connect()

let jobs = try await client.subscribeManually(to: "jobs")
await client.publish("resize image 7", to: "jobs")
if let job = try await jobs.next() {
  print("working on:", job.message.text ?? "not text")
  // Exactly one of the two can be called, and only once: the compiler sees to that.
  if job.message.payload.isEmpty {
    job.reject(.payloadFormatInvalid)
  } else {
    job.acknowledge()
  }
}
await client.disconnect()
