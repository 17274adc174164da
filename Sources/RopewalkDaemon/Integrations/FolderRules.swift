import RopewalkCore
import RopewalkProcess
import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which files and folders of this machine objects may name. Whoever may write an integration must neither read nor change
/// what belongs to the server or to somebody else.
struct FolderRules: Sendable {
  /// Code and programs come from these folders only.
  var code: [String]
  /// What connectors read and write lies in these.
  var data: [String]
  /// Neither these nor what is around them may be named: the data folder, the folder of secrets.
  var closed: [String]
  /// What the server takes declarations from: no data.
  var declarations: [String]

  /// The settings of built-in connectors that name files.
  private static let pathSettings: [String: [[String]]] = [
    "file": [["path"], ["doneFolder"]],
    "http": [["tls", "caCertificate"]],
    "http-webhook": [["tls", "certificate"], ["tls", "key"]],
  ]

  /// The code of steps that is not in a folder for it, whoever declared it.
  func codeProblems(of spec: IntegrationSpec) -> [Diagnostic] {
    (spec.steps + spec.outgoing.flatMap(\.steps)).compactMap { step in
      guard case .file(let path) = step.logic, !isIn(code, path) else { return nil }
      return Diagnostic(
        field: step.places.field(for: ["source"]),
        "the file \(path) is not in a folder that code is read from",
        remedy: "put it under one of \(named(code)), or write the code inline"
      )
    }
  }

  /// What connections name that is closed to objects which came by the API.
  func connectionProblems(of spec: IntegrationSpec) -> [Diagnostic] {
    let connections = spec.incoming + spec.outgoing.map(\.connection) + [spec.alerts.webhook].compactMap(\.self)
    return connections.flatMap { connection -> [Diagnostic] in
      guard case .process(let process) = connection.runtime else { return settingProblems(of: connection) }
      return settingProblems(of: connection) + processProblems(of: process, connection.ownPlaces)
    }
  }

  private func settingProblems(of connection: ConnectionSpec) -> [Diagnostic] {
    (Self.pathSettings[connection.type] ?? []).compactMap { path in
      let value = path.reduce(JSON.object(connection.settings)) { $0[$1] ?? .null }
      guard let file = value.string, !isOpen(Self.folder(ofPattern: file)) else { return nil }
      return dataProblem(connection.places.field(for: path), file)
    }
  }

  private func processProblems(of process: ConnectorProcessSpec, _ places: SettingPlaces) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    switch process.program {
    case .builtIn: break
    case .plugin(let path): problems += programProblems(places.field(for: ["plugin"]), [path])
    case .command(let words): problems += programProblems(places.field(for: ["command"]), words)
    }
    if !process.sandbox.isEnabled {
      problems.append(
        Diagnostic(
          field: places.field(for: ["sandbox"]),
          "a connector that is declared by the API does not run without a sandbox",
          remedy: "leave it on, or declare the integration in a file that serve is started with"
        )
      )
    }
    if process.secrets.contains(where: SealingKeys.isName) {
      problems.append(
        Diagnostic(field: places.field(for: ["secrets"]), "no connector is given the key of all Secrets", remedy: "remove it from the list")
      )
    }
    for (key, paths) in [("read", process.sandbox.readable), ("write", process.sandbox.writable)] {
      problems += paths.filter { !isOpen($0) }.map { dataProblem(places.field(for: ["sandbox", key]), $0) }
    }
    return problems
  }

  /// The program, and the files among its arguments: the sandbox shows it the folder of a script.
  private func programProblems(_ field: String, _ words: [String]) -> [Diagnostic] {
    let files = words.prefix(1).map { ConnectorProgram.locate($0) } + words.dropFirst().filter { $0.contains("/") && access($0, F_OK) == 0 }
    return files.filter { !isProgram($0) }.map { path in
      Diagnostic(
        field: field,
        "\(path) is not in a folder that programs are taken from",
        remedy: "put it into a folder below \(named(code)), or declare the integration in a file that serve is started with"
      )
    }
  }

  private func dataProblem(_ field: String, _ path: String) -> Diagnostic {
    Diagnostic(
      field: field,
      "\(path) is not in a folder that is open to objects, or is one in which the server keeps something of its own",
      remedy: "use a folder below \(named(data)), or start serve with --allow-folder"
    )
  }

  private func isProgram(_ path: String) -> Bool {
    guard isIn(code, path), let path = RealPath(path) else { return false }
    return !isClosed(path.isFolder ? path : path.parent, by: closed)
  }

  private func isOpen(_ path: String) -> Bool {
    guard isIn(data, path), let path = RealPath(path) else { return false }
    return !isClosed(path, by: declarations)
  }

  private func isIn(_ folders: [String], _ path: String) -> Bool {
    guard let path = RealPath(path), !isClosed(path, by: closed) else { return false }
    return folders.contains { RealPath($0)?.holds(path) == true }
  }

  private func isClosed(_ path: RealPath, by folders: [String]) -> Bool {
    folders.contains { folder in RealPath(folder).map { $0.holds(path) || path.holds($0) } ?? true }
  }

  private func named(_ folders: [String]) -> String {
    folders.compactMap { RealPath($0)?.text }.joined(separator: ", ")
  }

  /// `/in` of `/in/*.xml`.
  private static func folder(ofPattern path: String) -> String {
    guard let name = path.split(separator: "/").last, name.contains(where: { "*?[".contains($0) }) else { return path }
    let parent = path.dropLast(name.count)
    return parent.isEmpty ? "." : String(parent)
  }
}
