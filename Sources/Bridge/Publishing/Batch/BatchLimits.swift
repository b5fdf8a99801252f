/// How much a batch that is held whole may have.
struct BatchLimits: Equatable, Sendable {
  var items = 1000
  var bytes = 4 << 20
}

extension PublishingConfiguration {
  var batchLimits: BatchLimits { BatchLimits(items: batchItems, bytes: batchBytes.bytes) }
}
