import HTTPFront

/// `POST /publish/batch`: several messages in one request.
enum BatchRoute {
  static func publish(
    _ request: Request, _ publisher: Publisher, _ pass: Pass
  ) throws(Problem) -> Answer {
    let batch = try PublishBatch.read(request)
    return try publisher.publish(batch, request, pass) { preferenceApplied in
      BatchForm(
        isAtomic: batch.isAtomic, pointerPrefix: batch.pointerPrefix,
        preferenceApplied: preferenceApplied, head: request.head)
    }
  }

  /// A body that is too long is a batch that is too large, as the route sees it.
  static func complete(_ problem: Problem) -> Problem {
    guard problem.code == .payloadTooLarge else { return problem }
    var problem = problem
    problem.code = .batchTooLarge
    problem.hint = "send several batches"
    return problem
  }
}
