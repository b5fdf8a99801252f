// Keep unfinished publishes in a file: a crashed process goes on where it was, exactly once with QoS 2.
//
//     swift run SurvivesCrashes mqtt://127.0.0.1:1883
import MQTTClient
import MQTTSessionStore

var options = try ClientOptions(
  CommandLine.arguments.dropFirst().first ?? "mqtt://127.0.0.1:1883")
options.session.clientID = "invoices"
let store = try FileSessionStore(directory: "invoices.session")
options.sessionStore = store

let client = try MQTTClient(options)
try client.start()
let outcome = await client.publish(
  Message("invoices/2026-0042", text: "{\"total\": 129.9}", qos: .exactlyOnce))
print("the broker has it:", outcome)
await client.disconnect()
store.close()
