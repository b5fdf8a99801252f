/// These stand in for parts of the configuration that publishing does not read.
struct LogConfiguration: Sendable {}
struct HistoryConfiguration: Sendable {}
struct LastValueConfiguration: Sendable {}
struct RequestConfiguration: Sendable {}
