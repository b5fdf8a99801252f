import Foundation
import HTTPClient
import MQTTClient
import Testing
import TestSupport
import Webhooks

@testable import Bridge

@Suite struct WebhookSectionTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func load(_ yaml: String) throws -> LoadedConfiguration {
    let file = try directory.write(yaml, to: "bridge.yaml")
    return try ConfigurationLoader.load(flags: [:], file: file, environment: [:])
  }

  /// The problems of a section, without the directory of its file.
  private func problems(_ yaml: String) throws -> [String] {
    do {
      _ = try load(yaml)
      return []
    } catch let problems as ConfigurationProblems {
      return problems.list.map { $0.description.replacing(directory.path + "/", with: "") }
    }
  }

  /// The problems of one setting in a webhook that is right otherwise.
  private func problems(with setting: String) throws -> [String] {
    var lines = ["    url: http://a/", "    topics: a/#"]
    lines.removeAll { $0.contains(setting.prefix { $0 != ":" } + ":") }
    return try problems("webhooks:\n  w:\n" + lines.joined(separator: "\n") + "\n    \(setting)\n")
  }

  @Test func `every setting has its place, beside the other settings`() throws {
    let secret = try directory.write("s3cret\n", to: "secret")
    let authorities = try directory.write("x", to: "ca.pem")
    let loaded = try load(
      """
      streams: 7
      webhooks:
        first:
          topics: [orders/#, bills/+]
          qos: 1
          url: https://receiver.example:8443/path?key=value
          method: PUT
          headers: {Authorization: Bearer abc, X-Tenant: "007"}
          secret_file: \(secret)
          batch_max: 50
          batch_wait: 250ms
          parallel: 4
          connect_timeout: 1s
          timeout: 3s
          retry_for: 2h
          max_age: 30d
          ca_file: \(authorities)
          proxy: http://proxy.example:3128
        second:
          topics: a b/c
          url: http://[::1]:80
          body: payload
      """)
    #expect(loaded.configuration.streams.limit == 7)
    let first = try #require(loaded.configuration.webhooks.first)
    #expect(first.topics.settingText == "orders/# bills/+" && first.maximumQoS == .atLeastOnce)
    #expect(first.url == "https://receiver.example:8443/path?key=value" && first.method == .put)
    #expect(first.headers.map(\.name) == ["Authorization", "X-Tenant"])
    #expect(first.headers.map(\.value.value) == ["Bearer abc", "007"])
    #expect(first.secret?.value == "s3cret" && first.body == .array)
    #expect(first.queue.batchMax == 50 && first.queue.batchWait == .milliseconds(250))
    #expect(first.queue.parallel == 4 && first.queue.retry.limit == .seconds(7200))
    #expect(first.request.connectTimeout == .seconds(1) && first.request.timeout == .seconds(3))
    #expect(first.request.proxy == "http://proxy.example:3128")
    #expect(first.request.authorities == authorities && first.maximumAge == .seconds(30 * 86_400))
    let second = loaded.configuration.webhooks[1]
    #expect(second.topics.filters.count == 2 && second.body == .payload && second.secret == nil)

    for secret in ["s3cret", "abc", "007", "key=value"] { #expect(!loaded.report.contains(secret)) }
    // What is hidden is left out, the rest reads back as it was.
    let again = try load(loaded.report).configuration.webhooks
    #expect(again.count == 2 && again[0].url == "https://receiver.example:8443/path")
    #expect(again[0].queue == first.queue && again[0].request == first.request)
  }

  @Test func `what is wrong is reported with its place, all of it`() throws {
    let found = try problems(
      """
      webhooks:
        a b: {url: "http://x/", topics: x}
        one:
          topic: x
          url: ftp://x/
        two: 5
        three:
          topics: [x, [y]]
          url: http://x/
          batch_max: 2
          body: envelope
          parallel: many
          secret_file: /no/such/file
          ca_file: /no/such/file
      """)
    #expect(
      found == [
        "bridge.yaml: webhooks: the name of a webhook has letters, digits, dots, hyphens and "
          + "underscores",
        "bridge.yaml: webhooks.one.topic: unknown setting (line 4)",
        "bridge.yaml: webhooks.one.url: must be a URL such as https://receiver.example/path",
        "bridge.yaml: webhooks.one.topics: must name at least one topic filter",
        "bridge.yaml: webhooks.two: must be a mapping of settings",
        "bridge.yaml: webhooks.three.topics: must be a single value",
        "bridge.yaml: webhooks.three.parallel: must be a whole number, not \"many\"",
        "bridge.yaml: webhooks.three.body: must be array or ndjson where batch_max is more than 1",
        "bridge.yaml: webhooks.three.ca_file: the file \"/no/such/file\" cannot be read",
        "bridge.yaml: webhooks.three.secret_file: the file \"/no/such/file\" cannot be read as text",
      ])
  }

  @Test(arguments: [
    "url: file:///etc/passwd", "url: gopher://x/", "url: http://", "url: http:///a",
    "url: x.example/a", "url: http://user:pw@x/", "url: \"http://x/ y\"", "url: http://x/#a",
    "url: http://:80/", "url: http://ä.example/", "proxy: socks5://x", "proxy: http://u:p@x",
    "batch_max: 0", "batch_max: 1001", "parallel: 0", "parallel: 65", "timeout: 0",
    "retry_for: 31d", "method: GET", "method: DELETE", "body: xml", "qos: 3", "topics: a/#/b",
    "topics: $share/g/a", "topics: none", "headers: {Content-Length: 5}", "headers: {host: x}",
    "headers: {Bridge-Event-ID: x}", "headers: {Mqtt-Topic: x}", "headers: {A: \"x\\r\\nB: y\"}",
    "headers: {\"A B\": x}", "headers: {A: ~}", "headers: [a]", "headers: {A: [x]}",
    "secret: abc", "url: [http://x/]",
  ])
  func `a setting with a wrong value is one problem`(setting: String) throws {
    let found = try problems(with: setting)
    #expect(found.count == 1, "\(found)")
    for problem in found {
      #expect(problem.hasPrefix("bridge.yaml: webhooks.w."))
      #expect(!problem.contains("u:p@") && !problem.contains("user:pw"))
    }
  }

  @Test func `a webhook needs history for all of its topics`() throws {
    let hook = "webhooks: {w: {url: \"http://x/\", topics: a/#}}\n"
    #expect(try problems(hook) == [])
    for history in ["history: none", "history: b/#", "history_except: a/b"] {
      let found = try problems(hook + history + "\n")
      #expect(found.count == 1, "\(found)")
      #expect(found.first?.contains("history does not keep all") == true)
    }
  }

  @Test(arguments: ["webhooks: []", "webhooks: [{url: \"http://x\"}]", "webhooks: abc"])
  func `a section that is no mapping is refused`(yaml: String) throws {
    #expect(try problems(yaml).count == 1)
  }

  @Test func `an empty section is none`() throws {
    #expect(try load("webhooks:\nstreams: 3\n").configuration.webhooks.isEmpty)
    #expect(try load("webhooks: {}\nstreams: 3\n").configuration.streams.limit == 3)
  }

  @Test func `the document for users lists every setting as it is`() throws {
    let text = try String(contentsOfFile: PackageFolder.file("docs/webhooks.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    for field in WebhookField.all {
      let row = "| `\(field.name)` | \(field.defaultText) | \(field.explanation) |"
      #expect(rows.contains(row), "the row should be:\n\(row)")
    }
    #expect(rows.contains { $0.hasPrefix("| `headers`") })
  }
}
