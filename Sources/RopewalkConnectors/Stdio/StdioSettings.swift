import RopewalkCore

/// The settings of `stdio`, incoming.
struct StdinSettings: ConnectorSettings {
  var framing: Framing
  var maxSize: ByteCount
  var contentType: String
  var parallel: Int

  init?(reading reader: inout SettingsReader) {
    framing = reader.value(
      "framing",
      .word,
      default: .lines,
      "lines: a message per line; nul: zero bytes between them; raw: all is one message"
    )
    maxSize = reader.value("maxSize", .size(ByteCount(1)...ByteCount.mebibytes(1024)), default: .mebibytes(16), "the largest message")
    contentType = reader.value("contentType", .headerValue, default: "text/plain", "the messages' media type")
    parallel = reader.value("parallel", .count(1...1024), default: 1, "messages handed over at once; above 1 their order is not kept")
  }
}

/// The settings of `stdio`, outgoing.
struct StdoutSettings: ConnectorSettings {
  var framing: Framing

  init?(reading reader: inout SettingsReader) {
    framing = reader.value(
      "framing",
      .word,
      default: .lines,
      "lines: a line per message; nul: a zero byte after each; raw: nothing between them"
    )
  }
}
