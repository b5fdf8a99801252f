package import HTTPClient

/// One event of the log, rendered for a receiver.
package struct WebhookEvent: Sendable, Equatable {
  /// Its place in the log.
  package let sequence: Int64
  package let id: String
  package let topic: String
  package let contentType: String
  /// What the receiver gets of it, or its part of a batch.
  package let content: [UInt8]
  /// Fields of the request that carries it alone.
  package let fields: [OutgoingRequest.Field]

  package init(
    sequence: Int64, id: String, topic: String, contentType: String, content: [UInt8],
    fields: [OutgoingRequest.Field] = []
  ) {
    self.sequence = sequence
    self.id = id
    self.topic = topic
    self.contentType = contentType
    self.content = content
    self.fields = fields
  }
}
