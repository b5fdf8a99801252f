import Foundation
import TestSupport
import Yams

/// The parts of `openapi.yaml` that can be compared with the program.
struct OpenAPIDocument {
  /// One method of one path.
  struct Operation {
    let path: String
    let method: String
    /// Whether the admin server serves it.
    let isAdmin: Bool
    let parameters: [Parameter]
    /// By status, or `default`: the problem codes of its examples.
    let problems: [String: [String]]
  }

  struct Parameter {
    let name: String
    let location: String
    let example: Node?
  }

  let root: Node
  let operations: [Operation]

  init() throws {
    let file = PackageFolder.file("openapi.yaml")
    guard let root = try Yams.compose(yaml: String(contentsOfFile: file, encoding: .utf8)) else {
      throw TestFailure("openapi.yaml is empty")
    }
    self.root = root
    let resolver = Resolver(root: root)
    operations = try root["paths"].members.flatMap { path, item in
      try item.members.filter { Self.methods.contains($0.name) }.map { method, operation in
        Operation(
          path: path, method: method.uppercased().replacing("X-", with: ""),
          isAdmin: item["servers"] != nil,
          parameters: try (item["parameters"].elements + operation["parameters"].elements)
            .map(resolver.parameter),
          problems: try resolver.problems(of: operation))
      }
    }
  }

  /// OpenAPI 3.1 has no word for QUERY.
  private static let methods = [
    "get", "put", "post", "delete", "patch", "options", "head", "x-query",
  ]

  /// The operation of this method and documented path.
  func operation(_ method: String, _ path: String) throws -> Operation {
    guard let found = operations.first(where: { $0.method == method && $0.path == path }) else {
      throw TestFailure("openapi.yaml has no \(method) \(path)")
    }
    return found
  }

  /// The examples of problems by their code.
  var problemExamples: [(name: String, value: Node)] {
    root["components"]?["examples"].members.compactMap { name, example in
      example["value"].map { (name, $0) }
    } ?? []
  }

  /// The names of the members that a schema lists.
  func members(ofSchema name: String) -> Set<String> {
    Set(root["components"]?["schemas"]?[name]?["properties"].members.map(\.name) ?? [])
  }

  private struct Resolver {
    let root: Node

    func parameter(_ node: Node) throws -> Parameter {
      let node = try follow(node)
      guard let name = node["name"]?.string, let location = node["in"]?.string else {
        throw TestFailure("a parameter has no name or place: \(node)")
      }
      return Parameter(name: name, location: location, example: node["example"])
    }

    func problems(of operation: Node) throws -> [String: [String]] {
      var problems: [String: [String]] = [:]
      for (status, response) in operation["responses"].members {
        let content = try follow(response)["content"]
        let examples = content?["application/problem+json"]?["examples"]
        problems[status] = examples.members.map(\.name)
      }
      return problems
    }

    /// What a reference leads to; anything else stands for itself.
    private func follow(_ node: Node) throws -> Node {
      guard let reference = node["$ref"]?.string else { return node }
      var target: Node? = root
      for name in reference.split(separator: "/").dropFirst() { target = target?[String(name)] }
      guard let target else { throw TestFailure("'\(reference)' leads nowhere") }
      return target
    }
  }
}

extension Optional<Node> {
  /// The members of a mapping in their order; none of anything else.
  var members: [(name: String, value: Node)] {
    self?.mapping?.compactMap { key, value in key.string.map { ($0, value) } } ?? []
  }

  /// The elements of a sequence; none of anything else.
  var elements: [Node] { self?.sequence.map(Array.init) ?? [] }
}

extension Node {
  var members: [(name: String, value: Node)] { Node?.some(self).members }
}
