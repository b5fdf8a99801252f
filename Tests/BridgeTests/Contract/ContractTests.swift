import Foundation
import HTTPFront
import TestSupport
import Testing
import Yams

@testable import Bridge

/// What `openapi.yaml` says is what the program does.
@Suite struct ContractTests {
  let document: OpenAPIDocument

  init() throws { document = try OpenAPIDocument() }

  private func documented(isAdmin: Bool) -> Set<String> {
    Set(document.operations.filter { $0.isAdmin == isAdmin }.map { "\($0.method) \($0.path)" })
  }

  private func served(_ routes: [Route<some Sendable>]) -> Set<String> {
    Set(routes.map { "\($0.method) \($0.pattern)".replacing("...}", with: "}") })
  }

  @Test func `the documented paths and methods are the routes of the public server`() {
    #expect(documented(isAdmin: false) == served(RouteTable.routes))
  }

  @Test func `the documented paths and methods are the routes of the admin server`() {
    #expect(documented(isAdmin: true) == served(RouteTable.adminRoutes))
  }

  @Test func `the document has the version of the program`() {
    #expect(document.root["info"]?["version"]?.string == BridgeVersion.current)
  }

  @Test func `every problem code in use is documented and no other is`() throws {
    let sources = try ["Bridge", "HTTPFront"].flatMap {
      try PackageFolder.sources(below: "Sources/\($0)")
    }.filter { $0.text.contains("Problem") && !$0.path.hasSuffix("/ProblemCode.swift") }
    try #require(sources.count > 10)
    let used = try ProblemCode.allCases.filter { code in
      let name = try Regex("\\.\(String(describing: code))\\b")
      return sources.contains { $0.text.contains(name) }
    }
    let codes = document.root["components"]?["schemas"]?["ProblemCode"]?["enum"].elements
    #expect(Set(codes?.compactMap(\.string) ?? []) == Set(used.map(\.rawValue)))
    #expect(Set(document.problemExamples.map(\.name)) == Set(used.map(\.rawValue)))
  }

  @Test func `the document for users names every problem code and every parameter`() throws {
    let file = PackageFolder.file("docs/http-api.md")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let publish = PublishDraft.fieldNames + PublishHeaders.names
    let names = publish + StreamParameters.Field.allCases.map(\.rawValue)
    for name in names + document.problemExamples.map(\.name) {
      #expect(text.contains("`\(name)"), "\(name)")
    }
  }

  @Test func `every example of a problem has the status and title of its code`() throws {
    for (name, value) in document.problemExamples {
      let code = try #require(ProblemCode(rawValue: name))
      #expect(value["code"]?.string == name)
      #expect(value["status"]?.int == code.status)
      #expect(value["title"]?.string == code.title)
      #expect(value["type"]?.string == "urn:mqtt-bridge:problem:\(name)")
    }
  }

  @Test func `every problem stands under its status, and somewhere`() throws {
    var seen: Set<String> = []
    for operation in document.operations {
      for (status, codes) in operation.problems {
        seen.formUnion(codes)
        guard status != "default" else { continue }
        for code in codes {
          let known = try #require(ProblemCode(rawValue: code))
          #expect(Int(status) == known.status, "\(operation.method) \(operation.path): \(code)")
        }
      }
    }
    #expect(seen == Set(document.problemExamples.map(\.name)))
  }

  @Test func `the fields of a publish are the documented parameters`() throws {
    let fields = Set(PublishDraft.fieldNames)
    let publish = try document.operation("POST", "/publish")
    #expect(names(publish, in: "query") == fields)
    #expect(names(publish, in: "header") == Set(PublishHeaders.names + ["Prefer"]))
    for method in ["POST", "PUT", "DELETE"] {
      let operation = try document.operation(method, "/topics/{topic}")
      #expect(names(operation, in: "query") == fields.subtracting(["topic"]))
      let headers = Set(PublishHeaders.names + ["Prefer"]).subtracting(["Mqtt-Topic"])
      #expect(names(operation, in: "header") == headers)
    }
    let envelope = fields.union(["payload", "payload_encoding", "properties"])
    #expect(document.members(ofSchema: "PublishEnvelope") == envelope)
    let outside = ["topic", "qos", "retain", "ack", "expires_in", "idempotency_key"]
    #expect(document.members(ofSchema: "MessageProperties") == fields.subtracting(outside))
  }

  @Test(arguments: ["/publish/batch", "/publish/bulk"])
  func `the parameters of a batch are the documented ones`(path: String) throws {
    let batch = try document.operation("POST", path)
    #expect(names(batch, in: "query") == Set(BatchFields.names))
    #expect(names(batch, in: "header") == ["Idempotency-Key", "Prefer"])
  }

  @Test func `the fields of a request are the documented parameters`() throws {
    let request = try document.operation("POST", "/request")
    let fields = Set(PublishDraft.fieldNames).subtracting(RequestQuestion.refused + ["retain"])
    #expect(names(request, in: "query") == fields.union(RequestQuestion.names))
    let unused = ["Mqtt-Retain", "Mqtt-Response-Topic", "Mqtt-Correlation-Data", "Idempotency-Key"]
    let headers = Set(PublishHeaders.names + ["Accept"]).subtracting(unused)
    #expect(names(request, in: "header") == headers)
  }

  @Test func `the parameters of values are the documented ones`() throws {
    let value = try document.operation("GET", "/topics/{topic}")
    #expect(names(value, in: "query") == Set(TopicQuestion.names))
    #expect(names(value, in: "header") == ["Accept", "If-None-Match", "Prefer"])
    let query = try document.operation("GET", "/topics")
    #expect(names(query, in: "query") == Set(TopicQuestion.names + ["topic"]))
    let list = try document.operation("GET", "/retained")
    #expect(names(list, in: "query") == Set(RetainedQuestion.names))
  }

  @Test func `the parameters of a stream are the documented ones`() throws {
    let subscribe = try document.operation("GET", "/subscribe")
    let fields = StreamParameters.Field.self
    #expect(names(subscribe, in: "query") == Set(fields.stream.map(\.rawValue)))
    let history = try document.operation("GET", "/history")
    #expect(names(history, in: "query") == Set(fields.history.map(\.rawValue)))
  }

  @Test func `every example of a publish parameter is accepted`() throws {
    let publish = try document.operation("POST", "/publish")
    let parameters = publish.parameters.filter { $0.location == "query" }
    #expect(!parameters.isEmpty)
    for parameter in parameters {
      let example = try #require(parameter.example?.string, "\(parameter.name) has no example")
      var draft = PublishDraft()
      #expect(try draft.set(parameter.name, example, .query), "\(parameter.name)")
    }
  }

  @Test func `every example of a stream parameter is accepted`() throws {
    let subscribe = try document.operation("GET", "/subscribe")
    let parameters = subscribe.parameters.filter { $0.location == "query" }
    #expect(!parameters.isEmpty)
    for parameter in parameters {
      let example = try #require(parameter.example, "\(parameter.name) has no example")
      let values = (example.sequence.map(Array.init) ?? [example]).compactMap(\.string)
      try #require(!values.isEmpty)
      var query = values.map { "\(parameter.name)=\($0.replacing("#", with: "%23"))" }
      if !["topic", "filter", "subscription"].contains(parameter.name) { query.append("topic=a") }
      let text = query.joined(separator: "&")
      #expect(throws: Never.self) {
        try StreamParameters(Query(raw: text.utf8), topicsMaximum: 64)
      }
    }
  }

  private func names(_ operation: OpenAPIDocument.Operation, in location: String) -> Set<String> {
    Set(operation.parameters.filter { $0.location == location }.map(\.name))
  }
}
