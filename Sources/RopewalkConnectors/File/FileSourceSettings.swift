import RopewalkCore

/// What a file is to `file`: a message, or lines of messages.
enum FileMode: String, CaseIterable, Sendable { case lines, whole }

/// The settings of `file`, incoming.
struct FileSourceSettings: ConnectorSettings {
  enum DoneAction: String, CaseIterable, Sendable { case keep, rename, delete }

  var path: String
  var mode: FileMode
  var onDone: DoneAction
  var doneSuffix: String
  var doneFolder: String?
  var follow: Bool
  var pollInterval: Duration
  var quietPeriod: Duration
  var maxSize: ByteCount
  var contentType: String?
  var parallel: Int

  init?(reading reader: inout SettingsReader) {
    let path = reader.required("path", .string, "a file, a folder, or a folder with a pattern such as /in/*.xml")
    mode = reader.value("mode", .word, default: .lines, "lines: a message per line; whole: a message per file")
    let onDone = reader.optional(
      "onDone",
      SettingKind<DoneAction>.word,
      "what happens to a file all of which was accepted; keep is the default for lines, rename for whole"
    )
    doneSuffix = reader.value("doneSuffix", .fileName, default: ".done", "what 'rename' puts behind the name")
    doneFolder = reader.optional("doneFolder", .string, "where 'rename' moves the file instead; on the same file system")
    follow = reader.value("follow", .flag, default: false, "go on when all is read: new lines, new files")
    pollInterval = reader.value(
      "pollInterval",
      .duration(.milliseconds(1)...(.seconds(3600))),
      default: .seconds(1),
      "how often 'follow' looks for more"
    )
    quietPeriod = reader.value(
      "quietPeriod",
      .duration(.zero...(.seconds(3600))),
      default: .seconds(1),
      "with 'follow', how long a whole file must be unchanged before it is taken"
    )
    maxSize = reader.value("maxSize", .size(ByteCount(1)...ByteCount.mebibytes(1024)), default: .mebibytes(16), "the largest message")
    contentType = reader.optional("contentType", .headerValue, "the messages' media type; by the file's ending when left out")
    parallel = reader.value("parallel", .count(1...1024), default: 1, "messages handed over at once; above 1 their order is not kept")
    self.onDone = onDone ?? (mode == .whole ? .rename : .keep)
    if mode == .lines, follow, self.onDone != .keep {
      reader.report(
        "onDone",
        "cannot be used with mode lines and follow: such a file is never done",
        remedy: "set onDone: keep or follow: false"
      )
    }
    if doneFolder != nil, reader.isPresent("doneSuffix") {
      reader.report("doneSuffix", "cannot be used with doneFolder", remedy: "remove one of them")
    }
    guard let path else { return nil }
    self.path = path
  }
}

extension SettingKind where Value == String {
  /// A part of a file's name.
  static var fileName: SettingKind {
    .text(["type": "string", "minLength": 1, "pattern": "^[^/]+$"], encode: { .string($0) }) { (text) throws(SettingMistake) in
      guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "/")), !text.utf8.contains(0) else {
        throw SettingMistake(message: "must be a part of a file's name", remedy: "write it without '/'")
      }
      return text
    }
  }
}
