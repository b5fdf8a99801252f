// Publish and subscribe with async/await.
//
//     swift run PublishAndSubscribe mqtt://127.0.0.1:1883
import MQTTClient

let client = try MQTTClient(
  ClientOptions(CommandLine.arguments.dropFirst().first ?? "mqtt://127.0.0.1:1883"))
try await client.connect()

try await client.withSubscription(to: "rooms/+/temperature") { messages in
  for number in 1...3 {
    let outcome = await client.publish("\(20 + number)", to: "rooms/\(number)/temperature")
    print("published:", outcome)
  }
  for try await message in messages.prefix(3) {
    print(message.topic, message.text ?? "not text")
  }
}
await client.disconnect()
