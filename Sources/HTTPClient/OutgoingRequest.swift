/// One HTTP request that is to be sent, and how.
package struct OutgoingRequest: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package var method: String
  /// `http` or `https`; others are refused.
  package var url: String
  package var fields: [Field]
  package var body: [UInt8]
  package var terms: RequestTerms

  package init(
    method: String, url: String, fields: [Field], body: [UInt8], terms: RequestTerms
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.terms = terms
  }
}

/// What a request may take and whom it trusts.
package struct RequestTerms: Sendable, Equatable {
  /// Until the connection stands, TLS included.
  package var connectTimeout = Duration.seconds(5)
  /// From the beginning to the last byte of the answer; zero is without a limit.
  package var timeout = Duration.seconds(10)
  /// How long nothing may come, in whole seconds; zero is without a limit.
  package var silence = Duration.zero
  /// A PEM file of the authorities that count instead of the system's.
  package var authorities: String?
  /// How much of an answer's body is kept, from its beginning.
  package var keptBytes = 512
  /// The proxy; nil goes straight, whatever the environment says.
  package var proxy: String?
  /// The Unix socket to connect to, whatever host the URL names.
  package var unixSocket: String?

  package init() {}
}

/// What became of a request.
package enum RequestOutcome: Sendable, Equatable {
  case answered(ReceivedAnswer)
  /// There was no answer, or only the beginning of one; in words.
  case failed(String)
}

/// An answer of a receiver, as far as it matters.
package struct ReceivedAnswer: Sendable, Equatable {
  package var status: Int
  /// What the field Retry-After asks for.
  package var retryAfter: Duration?
  /// The first bytes of the body, as many as the request wants.
  package var beginning: [UInt8]
  /// How long it may be kept: `max-age` of Cache-Control.
  package var maxAge: Duration?

  package init(
    status: Int, retryAfter: Duration? = nil, beginning: [UInt8] = [], maxAge: Duration? = nil
  ) {
    self.maxAge = maxAge
    self.status = status
    self.retryAfter = retryAfter
    self.beginning = beginning
  }
}
