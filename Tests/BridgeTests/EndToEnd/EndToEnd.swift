import Testing

/// The built program between a real broker and real clients; one test at a time.
@Suite(.serialized) enum EndToEnd {}
