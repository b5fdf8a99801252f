import HTTPFront

/// `POST /publish/batch`: several messages in one request.
enum BatchRoute {
  /// Lines of which each is for itself are published as they come; all others are held whole first.
  static func admission(_ head: RequestHead, _ limits: BatchLimits) -> Admission {
    isStreamed(head) ? .acceptPieces(bodyLimit: .max) : .accept(bodyLimit: limits.bytes)
  }

  private static func isStreamed(_ head: RequestHead) -> Bool {
    guard head.headers["Content-Type"].map(MediaType.init)?.essence == MediaType.ndjson,
      let fields = try? BatchFields(head)
    else { return false }
    // A key stands for all messages, so all must be known before the first one goes out.
    return !fields.isAtomic && fields.idempotencyKey == nil
  }

  static func publish(
    _ request: Request, _ publisher: Publisher, _ pass: Pass
  ) throws(Problem) -> Answer {
    let limits = publisher.configuration.value.publishing.batchLimits
    let batch = try PublishBatch.read(request, limits: limits)
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
