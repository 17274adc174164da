import Foundation
import RopewalkCore
import RopewalkDaemon
import RopewalkPlugins
import RopewalkResources

extension ErrorCode {
  static let pluginNameInvalid = ErrorCode("plugin.name-invalid", .usage)
  static let pluginFolderExists = ErrorCode("plugin.folder-exists", .conflict)
  static let pluginFolderUnwritable = ErrorCode("plugin.folder-unwritable", .denied)
  static let pluginTemplateMissing = ErrorCode("plugin.template-missing", .notFound)
}

/// The starting project of a language: a folder of files with placeholders, shipped with Ropewalk.
struct PluginTemplate {
  private let folder: URL
  private let kind: String
  /// The template's files, relative to its folder, in order.
  private let paths: [String]
  /// What editors are told that scripts find; nil for what is no script.
  private let declarations: URL?

  /// - Throws: ``RopewalkError`` when this installation lacks something that the project has in it.
  init(language: String, kind: String, contract: PluginManifest.Contract) throws {
    let folder = URL(fileURLWithPath: try PluginTools.template(of: contract, language: language))
    // An enumerator of relative paths; folders are among them.
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted() ?? []
    paths = names.filter { !folder.appendingPathComponent($0).resolvesToFolder }
    guard !paths.isEmpty else {
      throw RopewalkError(
        .pluginTemplateMissing,
        "there is no starting project in \(folder.path); run scripts/bootstrap, or set ROPEWALK_HOME to a folder that has it"
      )
    }
    declarations = contract == .logic ? try PluginTools.typeDeclarations(for: language).map { URL(fileURLWithPath: $0) } : nil
    self.folder = folder
    self.kind = kind
  }

  /// Writes the project, whole or not at all. Nothing that exists is overwritten.
  /// - Returns: the files, relative to `target`, in order.
  func write(name: String, to target: URL) throws -> [String] {
    guard name.wholeMatch(of: /[a-z]([-a-z0-9]{0,61}[a-z0-9])?/) != nil else {
      throw RopewalkError(
        .pluginNameInvalid,
        "'\(name)' cannot name a plugin; use small letters, digits and '-', at most 63, starting with a letter"
      )
    }
    guard !FileManager.default.fileExists(atPath: target.path) else {
      throw RopewalkError(.pluginFolderExists, "\(target.relativePath) exists already; choose another name or --directory")
    }
    // Beside the target, so that the last step is one renaming.
    let draft = URL(fileURLWithPath: "\(target.path).new-\(ProcessInfo.processInfo.processIdentifier)")
    defer { try? FileManager.default.removeItem(at: draft) }
    do {
      let written = try copy(name: name, to: draft)
      try FileManager.default.moveItem(at: draft, to: target)
      return written
    } catch let error as CocoaError {
      throw RopewalkError(.pluginFolderUnwritable, "cannot write \(target.relativePath): \(error.localizedDescription)", cause: error)
    }
  }

  private func copy(name: String, to target: URL) throws -> [String] {
    var written: [String] = []
    for path in paths {
      let relative = fill(path, name: name)
      let text = String(decoding: try Data(contentsOf: folder.appendingPathComponent(path)), as: UTF8.self)
      try write(Data(fill(text, name: name).utf8), to: target.appendingPathComponent(relative))
      written.append(relative)
    }
    if let declarations {
      try write(try Data(contentsOf: declarations), to: target.appendingPathComponent("ropewalk.d.ts"))
      written.append("ropewalk.d.ts")
    }
    return written
  }

  private func write(_ data: Data, to file: URL) throws {
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
  }

  private func fill(_ text: String, name: String) -> String {
    // A connector in Swift stands on the package that this installation was built from.
    let package = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL.path
    return text.replacing("{{name}}", with: name).replacing("{{kind}}", with: kind).replacing("{{ropewalk}}", with: package)
  }
}

extension URL {
  /// Whether there is a folder, a link followed.
  fileprivate var resolvesToFolder: Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }
}
