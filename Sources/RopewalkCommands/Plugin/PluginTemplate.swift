import Foundation
import RopewalkCore
import RopewalkDaemon
import RopewalkPlugins
import RopewalkResources

extension ErrorCode {
  static let pluginNameInvalid = ErrorCode("plugin.name-invalid", .usage)
  static let pluginFolderExists = ErrorCode("plugin.folder-exists", .conflict)
  static let pluginFolderUnwritable = ErrorCode("plugin.folder-unwritable", .denied)
}

/// The starting project of a language: a folder of files with placeholders, shipped with Ropewalk.
struct PluginTemplate {
  private let folder: URL
  private let language: String
  private let kind: String
  private let contract: PluginManifest.Contract

  /// - Throws: ``RopewalkError`` when this installation has no templates.
  init(language: String, kind: String, contract: PluginManifest.Contract) throws {
    let folder = try PluginTools.template(of: contract, language: language)
    self.folder = URL(fileURLWithPath: folder)
    self.language = language
    self.kind = kind
    self.contract = contract
  }

  /// Writes the project. Nothing that exists is overwritten.
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
    do {
      return try copy(name: name, to: target)
    } catch let error as CocoaError {
      throw RopewalkError(.pluginFolderUnwritable, "cannot write \(target.relativePath): \(error.localizedDescription)", cause: error)
    }
  }

  private func copy(name: String, to target: URL) throws -> [String] {
    // An enumerator of relative paths; folders come before what is in them.
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted() ?? []
    var written: [String] = []
    for path in paths {
      let source = folder.appendingPathComponent(path)
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isDirectory), !isDirectory.boolValue else { continue }
      let relative = fill(path, name: name)
      let destination = target.appendingPathComponent(relative)
      try FileManager.default.createDirectory(at: destination.deletingLastPathComponent(), withIntermediateDirectories: true)
      let text = String(decoding: try Data(contentsOf: source), as: UTF8.self)
      try Data(fill(text, name: name).utf8).write(to: destination)
      written.append(relative)
    }
    if contract == .logic, let declarations = try PluginTools.typeDeclarations(for: language) {
      try Data(contentsOf: URL(fileURLWithPath: declarations)).write(to: target.appendingPathComponent("ropewalk.d.ts"))
      written.append("ropewalk.d.ts")
    }
    return written
  }

  private func fill(_ text: String, name: String) -> String {
    // A connector in Swift stands on the package that this installation was built from.
    let package = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL.path
    return text.replacing("{{name}}", with: name).replacing("{{kind}}", with: kind).replacing("{{ropewalk}}", with: package)
  }
}
