// Connect, publish, subscribe: the least that a client does.
//
//     swift run FirstSteps
import MQTTClient

let client = try MQTTClient(ClientOptions("mqtts://broker.example?client_id=meter-7"))
try await client.connect()

let outcome = await client.publish("21.5", to: "rooms/7/temperature")
print(outcome)

for try await message in try await client.subscribe(to: "rooms/7/commands") {
  print(message.topic, message.text ?? "")
}
