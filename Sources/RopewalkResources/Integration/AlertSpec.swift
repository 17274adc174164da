/// `spec.alerts`: when repeated failures of one kind, of one stage with one code, are told of.
public struct AlertSpec: Sendable {
  /// `after`: so many dead letters of one kind within the window raise one alert. Default 5.
  public var after: Int
  /// `within`: the window. Default 1 min.
  public var within: Duration
  /// `remindEvery`: while they go on failing, a reminder comes so often. Default 1 h.
  public var remindEvery: Duration
  /// `recoveredAfter`: when none has failed for so long, that is told too. Default 5 min.
  public var recoveredAfter: Duration
  /// `webhook`: the settings of an `http` destination that alerts are sent to; nil when they are only logged and counted.
  public var webhook: ConnectionSpec?

  public init(
    after: Int = 5,
    within: Duration = .seconds(60),
    remindEvery: Duration = .seconds(3600),
    recoveredAfter: Duration = .seconds(300),
    webhook: ConnectionSpec? = nil
  ) {
    self.after = after
    self.within = within
    self.remindEvery = remindEvery
    self.recoveredAfter = recoveredAfter
    self.webhook = webhook
  }
}
