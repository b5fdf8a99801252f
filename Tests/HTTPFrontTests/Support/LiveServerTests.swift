import Testing

/// The tests that run a real server: one after the other, because they count descriptors and
/// share two cores.
@Suite(.serialized) enum LiveServerTests {}
