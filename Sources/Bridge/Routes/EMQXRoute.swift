import HTTPFront

/// `POST /api/v5/publish` and `/api/v5/publish/bulk`: for programs that were written for EMQX 5.
enum EMQXRoute {
  static func publish(
    _ request: Request, _ publisher: Publisher, _ pass: Pass, isBulk: Bool
  ) throws(Problem) -> Answer {
    let batch = try EMQXEnvelope.batch(
      request, isBulk: isBulk, itemsMax: publisher.configuration.value.publishing.batchItems)
    return try publisher.publish(batch, request, pass) { _ in EMQXForm(isBulk: isBulk) }
  }
}
