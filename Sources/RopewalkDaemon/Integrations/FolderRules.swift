import RopewalkCore
import RopewalkPlugins
import RopewalkProcess
import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which files and folders of this machine objects may name. Whoever may write an integration must neither read nor change
/// what belongs to the server or to somebody else, nor run what he wrote through one.
struct FolderRules: Sendable {
  /// Code and programs come from these folders only.
  var code: [String]
  /// What connectors read and write lies in these. No code comes from them, whoever declared it.
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

  /// The code of an integration that is not in a folder for it, whoever declared it.
  func codeProblems(of spec: IntegrationSpec) -> [Diagnostic] {
    let steps = (spec.steps + spec.outgoing.flatMap(\.steps)).compactMap { step -> Diagnostic? in
      switch step.logic {
      case .file(let path): codeProblem(step.places.field(for: ["source"]), path)
      case .function:
        step.settings["schemaFile"]?.string.flatMap { codeProblem(step.places.field(for: ["config", "settings", "schemaFile"]), $0) }
      case .inline: nil
      }
    }
    let code = spec.connections.flatMap { programs(of: $0, arguments: Self.script(among:)) }
    return steps + code.compactMap { changeProblem($0.field, $0.path) }
  }

  /// What is wrong with the module of a controller.
  /// - Parameter isTrusted: whether the operator named it.
  func moduleProblem(_ path: String, isTrusted: Bool) -> Diagnostic? {
    isTrusted ? changeProblem("spec.path", path) : codeProblem("spec.path", path)
  }

  private func codeProblem(_ field: String, _ path: String) -> Diagnostic? {
    if let problem = changeProblem(field, path) { return problem }
    guard !isIn(code, path) else { return nil }
    return Diagnostic(
      field: field,
      "the file \(path) is not in a folder that code is read from",
      remedy: "put it under one of \(named(code)), or write the code inline"
    )
  }

  /// What connectors of objects may have written is not run.
  private func changeProblem(_ field: String, _ path: String) -> Diagnostic? {
    guard isData(path) || leadsThroughData(path) else { return nil }
    return Diagnostic(
      field: field,
      "\(path) is code in a folder in which connectors of objects may write",
      remedy: "put it where none of \(named(data)) is around it, or start serve with another --allow-folder"
    )
  }

  /// What connections name that is closed to objects which came by the API.
  func connectionProblems(of spec: IntegrationSpec) -> [Diagnostic] {
    spec.incoming.flatMap { problems(of: $0, isIncoming: true) }
      + spec.connections.dropFirst(spec.incoming.count).flatMap { problems(of: $0, isIncoming: false) }
  }

  /// Holds connectors to the folders while they run, because a path may lead elsewhere by then.
  /// - Parameter isHeld: whether what a field says is held to them.
  func hold(_ spec: inout IntegrationSpec, where isHeld: (_ field: String) -> Bool) {
    for index in spec.incoming.indices { hold(&spec.incoming[index], where: isHeld) }
    for index in spec.outgoing.indices { hold(&spec.outgoing[index].connection, where: isHeld) }
  }

  private func hold(_ connection: inout ConnectionSpec, where isHeld: (_ field: String) -> Bool) {
    if paths(in: connection).contains(where: { isHeld($0.field) }) { connection.fence = fence }
  }

  private var fence: FolderFence {
    let closed = (closed + declarations).map { RealPath($0)?.text }
    // Where nobody can say what is closed, nothing is open.
    let open = closed.contains(nil) ? [] : data.compactMap { RealPath($0)?.text }
    return FolderFence(open: open, closed: closed.compactMap(\.self))
  }

  private func problems(of connection: ConnectionSpec, isIncoming: Bool) -> [Diagnostic] {
    let problems = paths(in: connection).compactMap { field, path in
      let isPattern = isIncoming && field == connection.places.field(for: ["path"])
      return isOpen(isPattern ? Self.folder(ofPattern: path) : path) ? nil : dataProblem(field, path)
    }
    guard case .process(let process) = connection.runtime else { return problems }
    return problems + programProblems(of: connection) + processProblems(of: process, connection.ownPlaces)
  }

  /// The files that a connection names in its settings.
  private func paths(in connection: ConnectionSpec) -> [(field: String, path: String)] {
    (Self.pathSettings[connection.type] ?? []).compactMap { path in
      let value = path.reduce(JSON.object(connection.settings)) { $0[$1] ?? .null }
      return value.string.map { (connection.places.field(for: path), $0) }
    }
  }

  private func processProblems(of process: ConnectorProcessSpec, _ places: SettingPlaces) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    if !process.sandbox.isEnabled {
      problems.append(
        Diagnostic(
          field: places.field(for: ["sandbox"]),
          "a connector that is declared by the API does not run without a sandbox",
          remedy: "leave it on, or declare the integration in a file that serve is started with"
        )
      )
      if !process.environment.isEmpty {
        problems.append(
          Diagnostic(
            field: places.field(for: ["environment"]),
            "the environment of a program without a sandbox comes from nobody but the operator, and a Secret may be another's",
            remedy: "leave the sandbox on, or have the connector ask for the secret (`secrets`)"
          )
        )
      }
    }
    if process.secrets.contains(where: SealingKeys.isName) {
      problems.append(
        Diagnostic(field: places.field(for: ["secrets"]), "no connector is given the key of all Secrets", remedy: "remove it from the list")
      )
    }
    for (key, paths) in [("read", process.sandbox.readable), ("write", process.sandbox.writable)] {
      problems += paths.filter { !isWhole($0) }.map { path in
        Diagnostic(
          field: places.field(for: ["sandbox", key]),
          "\(path) is not one of the folders that are open to objects, or lies in another of them",
          remedy: data.isEmpty ? Self.openingRemedy : "use one of \(named(data)) as it is, or \(Self.openingRemedy)"
        )
      }
    }
    return problems
  }

  private func programProblems(of connection: ConnectionSpec) -> [Diagnostic] {
    programs(of: connection, arguments: Self.files(among:)).filter { !isProgram($0.path) }.map { field, path in
      Diagnostic(
        field: field,
        "\(path) is not in a folder that programs are taken from",
        remedy: "put it into a folder below \(named(code)), or declare the integration in a file that serve is started with"
      )
    }
  }

  /// The program of a connection, and some of its arguments.
  private func programs(of connection: ConnectionSpec, arguments: ([String]) -> [String]) -> [(field: String, path: String)] {
    guard case .process(let process) = connection.runtime else { return [] }
    let (key, paths): (String, [String]) =
      switch process.program {
      case .builtIn: ("runtime", [])
      case .plugin(let path): ("plugin", [path] + Self.files(ofPlugin: path, arguments))
      case .command(let words): ("command", words.prefix(1).map { ConnectorProgram.locate($0) } + arguments(words))
      }
    return paths.map { (connection.ownPlaces.field(for: [key]), $0) }
  }

  /// What the manifest in a folder names. A program that it names without a folder is one of this machine's, as whoever put
  /// the manifest where code is read from wants it.
  private static func files(ofPlugin folder: String, _ arguments: ([String]) -> [String]) -> [String] {
    guard let words = try? ConnectorProgram.manifest(in: folder).command else { return [] }
    return ["\(folder)/\(PluginManifestFile.name)"] + words.prefix(1).filter { $0.contains("/") } + arguments(words)
  }

  /// The files among the arguments: the sandbox shows a program the folder of its script.
  private static func files(among words: [String]) -> [String] {
    words.dropFirst().filter { $0.contains("/") && access($0, F_OK) == 0 }
  }

  /// What an interpreter runs; further files may be what it works on.
  private static func script(among words: [String]) -> [String] {
    files(among: words).first { RealPath($0)?.isFolder == false }.map { [$0] } ?? []
  }

  private func dataProblem(_ field: String, _ path: String) -> Diagnostic {
    Diagnostic(
      field: field,
      "\(path) is not in a folder that is open to objects, or is one in which the server keeps something of its own",
      remedy: data.isEmpty ? Self.openingRemedy : "use a folder below \(named(data)), or \(Self.openingRemedy)"
    )
  }

  private static let openingRemedy = "start serve with --allow-folder FOLDER, of a folder without code"

  private func isProgram(_ path: String) -> Bool {
    guard isIn(code, path), let path = RealPath(path) else { return false }
    return !isClosed(path.isFolder ? path : path.parent, by: closed)
  }

  private func isOpen(_ path: String) -> Bool {
    guard isIn(data, path), let path = RealPath(path) else { return false }
    return !isClosed(path, by: declarations)
  }

  /// A folder that a sandbox shows stays what it is only where nobody else can put a link in its place.
  private func isWhole(_ path: String) -> Bool {
    guard isOpen(path), let real = RealPath(path) else { return false }
    return data.contains { RealPath($0) == real } && !leadsThroughData(path) && !leadsThroughData(real.text)
  }

  private func isData(_ path: String) -> Bool {
    guard let path = RealPath(path) else { return false }
    return data.contains { RealPath($0)?.holds(path) == true }
  }

  /// Whether a folder on the way to a path is one in which a link can be put.
  private func leadsThroughData(_ path: String) -> Bool {
    path.indices.contains { path[$0] == "/" && isData($0 == path.startIndex ? "/" : String(path[..<$0])) }
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

extension IntegrationSpec {
  /// All of them, the incoming ones first.
  fileprivate var connections: [ConnectionSpec] {
    incoming + outgoing.map(\.connection) + [alerts.webhook].compactMap(\.self)
  }
}
