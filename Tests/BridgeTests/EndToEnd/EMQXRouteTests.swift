import TestSupport
import Testing

extension EndToEnd {
  /// Programs that were written for EMQX, with a real broker.
  @Suite struct EMQXRouteTests {
    let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    private let json = [("Content-Type", "application/json")]

    @Test func `the routes are there when they are switched on`() throws {
      let plain = try RunningProgram(broker)
      let missing = try plain.client.post("/api/v5/publish", "{}", headers: json)
      #expect(missing.status == 404)
      let bridge = try RunningProgram(broker, flags: ["--emqx-api", "true"])
      let subscriber = try MosquittoClient.subscribe(to: ["e/#"], on: broker)
      let one = try bridge.client.post(
        "/api/v5/publish", #"{"topic":"e/1","payload":"1","qos":1}"#, headers: json)
      #expect(one.status == 200)
      #expect(try one.json.string("id") != nil)
      let alone = try bridge.client.post(
        "/api/v5/publish", #"{"topic":"nobody","payload":"","qos":1}"#, headers: json)
      #expect(alone.status == 202)
      #expect(alone.text == #"{"reason_code":16,"message":"no_matching_subscribers"}"#)
      let bulk = try bridge.client.post(
        "/api/v5/publish/bulk",
        #"[{"topic":"e/2","payload":"2"},{"topic":"e/3","payload":"Mw==","payload_encoding":"base64"}]"#,
        headers: json)
      #expect(bulk.status == 200 && bulk.text.hasPrefix(#"[{"id":""#))
      let bad = try bridge.client.post(
        "/api/v5/publish/bulk", #"[{"topic":"e/4","payload":""},{"topic":"e/+","payload":""}]"#,
        headers: json)
      #expect(bad.status == 400)
      #expect(bad.text == #"{"reason_code":144,"message":"topic_name_invalid"}"#)
      #expect(try bridge.client.post("/topics/e/end", "end").status == 200)
      #expect(eventually { subscriber.output.messages.contains("1 0 e/end end") })
      #expect(
        subscriber.output.messages.sorted() == [
          "0 0 e/2 2", "0 0 e/3 3", "1 0 e/1 1", "1 0 e/end end",
        ])
    }
  }
}
