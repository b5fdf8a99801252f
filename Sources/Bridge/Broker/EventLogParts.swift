/// What the mqtt thread and the readers of the event log share.
struct EventLogParts: Sendable {
  let epoch: String
  let coverage: CoverageTable
  let position: LogPosition
  let resolver: ReplayResolver
  let replays: Replays
  let named: NamedSubscriptions
  let values: TopicValues
  let requests: Requests
  let polls: Polls
}
