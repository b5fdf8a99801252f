// Ask a question over MQTT 5 and answer it.
//
//     swift run RequestAndResponse mqtt://127.0.0.1:1883
import MQTTClient

let client = try MQTTClient(
  ClientOptions(CommandLine.arguments.dropFirst().first ?? "mqtt://127.0.0.1:1883"))
try await client.connect()

// The subscription is there before the question is asked.
let questions = try await client.subscribe(to: "math/square")
let service = Task {
  for try await question in questions {
    guard let number = Int(question.text ?? ""),
      let answer = question.reply(text: "\(number * number)")
    else { continue }
    await client.publish(answer)
  }
}
let reply = try await client.request(Message("math/square", text: "12"), within: .seconds(5))
print("12 × 12 =", reply.text ?? "not text")
service.cancel()
await client.disconnect()
