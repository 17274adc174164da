import Foundation
import RopewalkCore
import Subprocess

extension ErrorCode {
  static let editorMissing = ErrorCode("editor.missing", .usage)
  static let editorFailed = ErrorCode("editor.failed", .unavailable)
  static let payloadUnchanged = ErrorCode("payload.unchanged", .invalid)
  static let payloadBinary = ErrorCode("payload.binary", .invalid)
  static let payloadNotJSON = ErrorCode("payload.not-json", .invalid)
}

/// Lets a person change a payload in their own editor.
struct PayloadEditor {
  private let payload: [UInt8]
  private let contentType: String

  init(_ payload: [UInt8], contentType: String) {
    self.payload = payload
    self.contentType = contentType
  }

  /// Opens the payload, JSON on several lines, and returns what was saved.
  /// - Throws: when there is no editor or it fails, when nothing was changed, and when JSON has become something else; the
  ///   text is kept then, and the error says where.
  func edit() async throws -> [UInt8] {
    guard let text = PayloadText.readable(payload) else {
      throw RopewalkError(.payloadBinary, "the payload is no text; write the new one to a file and name it with --payload")
    }
    let editor = try Self.editor()
    let path = NSTemporaryDirectory() + "ropewalk-payload-\(MessageID.next()).\(fileExtension)"
    guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]) else {
      throw RopewalkError(.editorFailed, "cannot write the payload to '\(path)' to edit it; check the free space")
    }
    try await open(path, with: editor)
    var edited = try PayloadFile.read(path)
    // Editors end a file with a line break; a payload without one keeps none.
    if edited.last == UInt8(ascii: "\n"), text.utf8.last != UInt8(ascii: "\n") { edited.removeLast() }
    if edited == Array(text.utf8) {
      try? FileManager.default.removeItem(atPath: path)
      throw RopewalkError(.payloadUnchanged, "the payload was not changed, so nothing was replayed; leave out --edit to replay it as it is")
    }
    let json = isJSON ? try? JSON.parse(edited) : nil
    if isJSON, json == nil {
      throw RopewalkError(
        .payloadNotJSON,
        "the payload was JSON and what you saved is not; nothing was replayed. It is in '\(path)': correct it there and name it with --payload"
      )
    }
    try? FileManager.default.removeItem(atPath: path)
    // It was put on several lines to be read; where lines are messages, it must be one again.
    if let json, !payload.contains(UInt8(ascii: "\n")) { return Array(json.text().utf8) }
    return edited
  }

  private static func editor() throws(RopewalkError) -> String {
    let environment = ProcessInfo.processInfo.environment
    if let editor = ["VISUAL", "EDITOR"].compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) { return editor }
    throw RopewalkError(.editorMissing, "neither VISUAL nor EDITOR names an editor; set one, or name a file with --payload")
  }

  private var isJSON: Bool { (try? JSON.parse(payload)) != nil }

  private var fileExtension: String {
    if isJSON { return "json" }
    return contentType.contains("xml") ? "xml" : contentType.contains("csv") ? "csv" : "txt"
  }

  /// The command may have arguments, so the shell reads it, as git and crontab do.
  private func open(_ path: String, with editor: String) async throws {
    let result = try await Subprocess.run(
      .name("sh"),
      arguments: ["-c", "\(editor) \"$1\"", "sh", path],
      input: .currentStandardInput,
      output: .currentStandardOutput,
      error: .currentStandardError
    )
    guard case .exited(0) = result.terminationStatus else {
      throw RopewalkError(.editorFailed, "the editor '\(editor)' failed, so nothing was replayed; what it saved is in '\(path)'")
    }
  }
}
