import RopewalkCore

/// The settings of `timer`.
struct TimerSettings: ConnectorSettings {
  var interval: Duration
  var immediate: Bool
  var count: Int?
  var payload: PayloadTemplate
  var contentType: String

  init?(reading reader: inout SettingsReader) {
    let interval = reader.required(
      "interval",
      .duration(.milliseconds(1)...(.seconds(31_536_000))),
      "the time from one message to the next"
    )
    immediate = reader.value("immediate", .flag, default: false, "whether the first message comes at once, not after an interval")
    count = reader.optional("count", .count(1...Int(Int32.max)), "how many messages there are; without end when left out")
    payload = reader.value(
      "payload",
      .payload,
      default: PayloadTemplate(#"{"n":{n},"time":"{time}"}"#),
      "each message's payload; {n}, {id} and {time} are filled in"
    )
    contentType = reader.value("contentType", .headerValue, default: "application/json", "the messages' media type")
    guard let interval else { return nil }
    self.interval = interval
  }
}
