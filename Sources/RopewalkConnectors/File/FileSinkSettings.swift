import RopewalkCore

/// The settings of `file`, outgoing.
struct FileSinkSettings: ConnectorSettings {
  var path: String
  var mode: FileMode
  var name: FileNamePattern
  var sync: Bool

  init?(reading reader: inout SettingsReader) {
    let path = reader.required("path", .string, "lines: the file that lines are added to; whole: the folder for the files")
    mode = reader.value("mode", .word, default: .lines, "lines: a line per message; whole: a file per message")
    name = reader.value(
      "name",
      .fileNamePattern,
      default: FileNamePattern.standard,
      "whole: the files' names, with {id}, {customer}, {integration}, {source}, {correlation}; '/' makes folders"
    )
    sync = reader.value("fsync", .flag, default: true, "a message counts as delivered when it is on disk, not only with the system")
    if mode == .lines, reader.isPresent("name") { reader.report("name", "is for mode whole only", remedy: "remove it or set mode: whole") }
    guard let path else { return nil }
    self.path = path
  }
}
