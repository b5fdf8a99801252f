/// Has publishes for the link, which takes them one by one and carries out each at once.
protocol LinkPublishSource: AnyObject {
  /// The next publish; nil ends the taking.
  func nextPublish(_ link: LinkContext) -> PublishRequest?
}
