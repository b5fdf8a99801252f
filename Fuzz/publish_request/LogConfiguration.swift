/// Stands in for the one that needs the logging library; publishing reads none of it.
struct LogConfiguration: Sendable {}
