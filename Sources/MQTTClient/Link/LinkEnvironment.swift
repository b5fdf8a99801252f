import EventLoop

/// What the attempts of one link have in common.
final class LinkEnvironment {
  let options: ClientOptions
  let pollSet: PollSet
  let resolver: Resolver
  let control: Mailbox<LinkControl>
  /// Where the application's hooks run.
  let hooks = TaskThread(name: "mqtt-hooks")
  /// What TLS can resume on a later attempt.
  let sessions = TLSSessions()
  /// Shuffles servers and draws the hosts of a service.
  var random: SplitMix64

  init(
    _ options: ClientOptions, _ pollSet: PollSet, _ resolver: Resolver,
    _ control: Mailbox<LinkControl>
  ) {
    self.options = options
    self.pollSet = pollSet
    self.resolver = resolver
    self.control = control
    random = SplitMix64(seed: options.jitterSeed ?? .random(in: 1 ... .max))
  }
}
