// Publish and subscribe on one thread, which drives the connection itself.
//
//     swift run BlockingPublishAndSubscribe mqtt://127.0.0.1:1883
import MQTTClient

let connection = try MQTTConnection(
  ClientOptions(CommandLine.arguments.dropFirst().first ?? "mqtt://127.0.0.1:1883"))
try connection.connect(within: .seconds(5))

_ = try connection.subscribe(to: ["rooms/+/temperature"])
for number in 1...3 {
  let outcome = connection.publish(Message("rooms/\(number)/temperature", text: "\(20 + number)"))
  print("published:", outcome)
}
var received = 0
while received < 3, let message = connection.receive(within: .seconds(5)) {
  print(message.topic, message.text ?? "not text")
  received += 1
}
connection.disconnect()
