import RopewalkConnectors
import RopewalkCore
import RopewalkPlugins
import RopewalkProcess
import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ErrorCode {
  static let connectorAbsent = ErrorCode("connector.absent", .notFound)
}

extension ConnectorProgram {
  /// The program that serves the built-in connectors; it lies beside `ropewalk`.
  static var ofBuiltInConnectors: ConnectorProgram {
    ConnectorProgram(executable: "\(folder(of: CommandLine.executablePath))/ropewalk-connector")
  }

  /// The program that a connection names.
  init(_ spec: ConnectorProcessSpec, type: String, role: ConnectorRole) throws(RopewalkError) {
    switch spec.program {
    case .builtIn:
      let types = BuiltInConnectors.types(for: role).filter { $0 != "stdio" }
      guard types.contains(type) else {
        throw RopewalkError(
          .connectorAbsent,
          "no built-in connector '\(type)' can be \(role.rawValue) in a process of its own; name a plugin or a command, or use \(types.joined(separator: ", "))"
        )
      }
      self = .ofBuiltInConnectors
      environment = spec.environment
    case .plugin(let path):
      guard Self.isFolder(path) else {
        self.init(executable: path, environment: spec.environment)
        if isScript { folder = Self.real(Self.folder(of: path)) }
        return
      }
      let manifest = try Self.manifest(in: path)
      self.init(command: manifest.command, environment: spec.environment, folder: path)
    case .command(let words):
      self.init(command: words, environment: spec.environment, folder: nil)
    }
  }

  /// - Parameter folder: nil takes the one of the first file among the arguments, the script that an interpreter runs.
  private init(command: [String], environment: [String: String], folder: String?) {
    let arguments = command.dropFirst().map { $0.contains("/") && access($0, F_OK) == 0 ? Self.absolute($0) : $0 }
    let script = arguments.first { $0.hasPrefix("/") && !Self.isFolder($0) && access($0, F_OK) == 0 }
    self.init(
      executable: Self.locate(command[0]),
      arguments: arguments,
      environment: environment,
      folder: (folder.map(Self.absolute) ?? script.map(Self.folder(of:))).map(Self.real)
    )
  }

  /// The manifest of the connector that lies in a folder.
  static func manifest(in folder: String) throws(RopewalkError) -> PluginManifest {
    let file = "\(folder)/\(PluginManifestFile.name)"
    guard access(file, F_OK) == 0 else {
      throw RopewalkError(.connectorAbsent, "\(absolute(folder)) is a folder without a \(PluginManifestFile.name); name the program in it")
    }
    let manifest: PluginManifest
    do throws(DiagnosticsError) {
      manifest = try PluginManifestFile.read(path: file)
    } catch {
      throw RopewalkError(.connectorAbsent, error.description)
    }
    guard manifest.contract == .connector else {
      throw RopewalkError(.connectorAbsent, "\(file) is the manifest of \(manifest.contract.rawValue), not of a connector")
    }
    return manifest
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  private static func isFolder(_ path: String) -> Bool { access("\(path)/.", F_OK) == 0 }

  /// Without links and dots, as a sandbox wants it; the path itself where there is nothing.
  static func real(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return absolute(path) }
    defer { free(real) }
    return String(cString: real)
  }
}

extension SandboxSpec {
  /// Nil where the connection asks for none.
  init?(_ spec: ConnectorSandboxSpec) throws(RopewalkError) {
    guard spec.isEnabled else { return nil }
    var limits = SandboxLimits()
    if let memory = spec.memory { limits.memory = memory }
    if let cpu = spec.cpu { limits.processors = cpu }
    if let processes = spec.processes { limits.processes = processes }
    if let openFiles = spec.openFiles { limits.openFiles = openFiles }
    let network: NetworkPolicy =
      switch spec.network {
      case .none: .none
      case .host: .host
      case .restricted(let allow, let listen): .restricted(allow: try Self.endpoints(allow), listen: try Self.endpoints(listen))
      }
    self.init(
      network: network,
      limits: limits,
      readOnly: spec.readable.map(ConnectorProgram.real),
      writable: spec.writable.map(ConnectorProgram.real)
    )
  }

  private static func endpoints(_ texts: [String]) throws(RopewalkError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for text in texts { endpoints.append(try Endpoint(parsing: text)) }
    return endpoints
  }
}
