/// One method and path that the application serves.
package struct Route<Endpoint: Sendable>: Sendable {
  package let method: String
  package let pattern: RoutePattern
  package let endpoint: Endpoint

  package init(_ method: String, _ pattern: RoutePattern, _ endpoint: Endpoint) {
    self.method = method
    self.pattern = pattern
    self.endpoint = endpoint
  }
}

/// What the router found for a method and a path.
package enum RouteMatch<Endpoint: Sendable>: Sendable {
  /// The endpoint, with the decoded captures of its pattern by name.
  case found(Endpoint, captures: [String: String])
  /// An OPTIONS request for a path that has these methods.
  case options(allow: [String])
  /// The path exists, with these methods only.
  case methodNotAllowed(allow: [String])
  case notFound
  /// A capture of the path cannot be decoded.
  case malformed(PercentDecodingError)
}

/// Finds the route of a request; routes are data, and the first that fits wins.
package struct Router<Endpoint: Sendable>: Sendable {
  package let routes: [Route<Endpoint>]
  package let basePath: String
  /// Which routes have a path without captures, in their order.
  private let places: [String: [Int]]
  private let allPlaces: [Int]

  /// A table of routes below `basePath`, which is `/` or like `/mqtt`.
  package init(basePath: String = "/", _ routes: [Route<Endpoint>]) {
    self.routes = routes
    let names = basePath.split(separator: "/")
    self.basePath = names.isEmpty ? "" : "/" + names.joined(separator: "/")
    var places: [String: [Int]] = [:]
    for pattern in routes.map(\.pattern) where pattern.isLiteral {
      places[pattern.description] = routes.indices.filter {
        routes[$0].pattern.matches(pattern.description[...].utf8)
      }
    }
    self.places = places
    allPlaces = Array(routes.indices)
  }

  /// The route of a method and a raw path; HEAD finds what GET finds.
  package func match(method: String, path: String) -> RouteMatch<Endpoint> {
    guard let path = belowBase(path) else { return .notFound }
    var allowed: [String] = []
    for index in places[String(Substring(path))] ?? allPlaces {
      do throws(PercentDecodingError) {
        guard let captures = try routes[index].pattern.captures(in: path) else { continue }
        let own = routes[index].method
        if own == method || (own == "GET" && method == "HEAD") {
          return .found(routes[index].endpoint, captures: captures)
        }
        if !allowed.contains(own) { allowed.append(own) }
      } catch {
        return .malformed(error)
      }
    }
    guard !allowed.isEmpty else { return .notFound }
    if allowed.contains("GET"), !allowed.contains("HEAD") { allowed.append("HEAD") }
    allowed.append("OPTIONS")
    return method == "OPTIONS" ? .options(allow: allowed) : .methodNotAllowed(allow: allowed)
  }

  /// The pattern of the first route that has this path, with whatever method.
  package func pattern(ofPath path: String) -> RoutePattern? {
    guard let path = belowBase(path) else { return nil }
    if let index = places[String(Substring(path))]?.first { return routes[index].pattern }
    return routes.first { $0.pattern.matches(path) }?.pattern
  }

  private func belowBase(_ path: String) -> Substring.UTF8View? {
    let bytes = path[...].utf8
    guard bytes.starts(with: basePath.utf8) else { return nil }
    let rest = bytes.dropFirst(basePath.utf8.count)
    if rest.isEmpty { return basePath.isEmpty ? nil : Substring("/").utf8 }
    return rest.first == UInt8(ascii: "/") ? rest : nil
  }
}

extension RouteMatch {
  /// The answer where no endpoint was found; nil where one was.
  package func refusal(
    to head: RequestHead,
    completing complete: (Problem, RequestHead?) -> Problem = { problem, _ in problem }
  ) -> Response? {
    if case .options(let allow) = self {
      return Response(status: 204, headers: ["Allow": allow.joined(separator: ", ")])
    }
    return problem(with: head).map { complete($0, head).response(to: head) }
  }

  private func problem(with head: RequestHead) -> Problem? {
    switch self {
    case .found, .options: return nil
    case .methodNotAllowed(let allow):
      let methods = allow.joined(separator: ", ")
      return Problem(
        .methodNotAllowed, detail: "\(head.path) has \(methods)", headers: ["Allow": methods])
    case .notFound: return Problem(.notFound)
    case .malformed(let error):
      return Problem(.topicInvalid, detail: "the path cannot be decoded: \(error)")
    }
  }
}
