import RopewalkCore
import RopewalkProcess
import RopewalkResources
import RopewalkWasm
import SwiftOverlayShims

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Looks at the machine and says what Ropewalk has and lacks here.
package struct Examination: Sendable {
  package enum Verdict: String, Sendable { case ok, warning, missing }

  package struct Finding: Sendable {
    package var subject: String
    package var verdict: Verdict
    package var detail: String
    /// What to do; empty when all is well.
    package var remedy: String
  }

  package let findings: [Finding]

  /// True when integrations can run; warnings are not in the way.
  package var isHealthy: Bool { findings.allSatisfy { $0.verdict != .missing } }

  /// Examines now. Opens no connection; writes nothing but the data folder itself.
  package init(_ workspace: Workspace) async {
    let toolbox = Toolbox.ofThisProcess
    findings =
      Self.home() + [
        Self.tool(.javaScriptEngine, "JavaScript engine", "TypeScript and JavaScript steps cannot run", in: toolbox),
        Self.tool(.esbuild, "esbuild", "TypeScript cannot be bundled", in: toolbox),
        Self.webAssembly(),
        Self.dataFolder(workspace),
        Self.secrets(workspace),
        Self.openFiles(),
        Self.addressSpace(),
        Self.connectorProcesses(),
        await Self.sandbox(),
      ]
  }

  /// A folder that is named and not there is passed over.
  private static func home() -> [Finding] {
    guard let home = ProcessEnvironment["ROPEWALK_HOME"], !home.isEmpty, access(home + "/.", X_OK) != 0 else { return [] }
    return [
      Finding(
        subject: "ROPEWALK_HOME",
        verdict: .warning,
        detail: "there is no folder \(home), so it is passed over",
        remedy: "set it to the folder that has javascript.wasm, or unset it"
      )
    ]
  }

  private static func tool(_ item: Toolbox.Item, _ subject: String, _ consequence: String, in toolbox: Toolbox) -> Finding {
    do throws(RopewalkError) {
      return Finding(subject: subject, verdict: .ok, detail: try toolbox.path(of: item), remedy: "")
    } catch {
      return Finding(subject: subject, verdict: .missing, detail: consequence, remedy: error.message)
    }
  }

  private static func webAssembly() -> Finding {
    do throws(RopewalkError) {
      try WasmRuntime.check()
      return Finding(subject: "WebAssembly", verdict: .ok, detail: "Wasmtime starts", remedy: "")
    } catch {
      return Finding(
        subject: "WebAssembly",
        verdict: .missing,
        detail: "\(error)",
        remedy: "run scripts/bootstrap; look at 'address space' below"
      )
    }
  }

  private static func dataFolder(_ workspace: Workspace) -> Finding {
    do throws(RopewalkError) {
      try workspace.makeDataDirectory()
      return Finding(subject: "data folder", verdict: .ok, detail: workspace.dataDirectory, remedy: "")
    } catch {
      return Finding(subject: "data folder", verdict: .missing, detail: workspace.dataDirectory, remedy: error.message)
    }
  }

  private static func secrets(_ workspace: Workspace) -> Finding {
    if let problem = workspace.secretsProblem {
      return Finding(
        subject: "secrets",
        verdict: .missing,
        detail: problem,
        remedy: "name a folder with one file per secret with --secrets"
      )
    }
    let warnings = workspace.secretWarnings
    return Finding(
      subject: "secrets",
      verdict: warnings.isEmpty ? .ok : .warning,
      detail: warnings.isEmpty ? workspace.placeOfSecrets : warnings.map(\.message).joined(separator: "; "),
      remedy: warnings.map(\.remedy).joined(separator: "; ")
    )
  }

  /// Each connection is a descriptor; the usual soft limit of 1,024 is soon reached.
  private static func openFiles() -> Finding {
    let wanted = 4096
    let limit = softLimit(RLIMIT_NOFILE.rawValue)
    let isEnough = limit.map { $0 >= wanted } ?? true
    return Finding(
      subject: "open files",
      verdict: isEnough ? .ok : .warning,
      detail: limit.map { "at most \($0)" } ?? "unlimited",
      remedy: isEnough ? "" : "for more than a few hundred connections, raise it: ulimit -n \(wanted)"
    )
  }

  /// Guests' memories are reserved, not used: terabytes of addresses, of which only what is written costs memory.
  private static func addressSpace() -> Finding {
    guard let limit = softLimit(RLIMIT_AS.rawValue) else {
      return Finding(subject: "address space", verdict: .ok, detail: "unlimited", remedy: "")
    }
    return Finding(
      subject: "address space",
      verdict: .missing,
      detail: "limited to \(ByteCount(limit))",
      remedy: "guests reserve addresses beforehand; lift the limit: ulimit -v unlimited"
    )
  }

  /// The built-in connectors with `runtime: process`.
  private static func connectorProcesses() -> Finding {
    do throws(RopewalkError) {
      let program = ConnectorProgram.ofBuiltInConnectors
      try program.check()
      return Finding(subject: "connectors", verdict: .ok, detail: program.executable, remedy: "")
    } catch {
      return Finding(
        subject: "connectors",
        verdict: .warning,
        detail: "built-in connectors cannot have processes of their own",
        remedy: error.message
      )
    }
  }

  /// What connectors in processes of their own are kept in.
  private static func sandbox() async -> Finding {
    let findings = await SandboxSupport.probe().findings
    return Finding(
      subject: "sandbox",
      verdict: findings.isEmpty ? .ok : .warning,
      detail: findings.isEmpty ? "connectors run in bubblewrap, with all their limits" : findings.map(\.detail).joined(separator: "; "),
      remedy: findings.map(\.remedy).joined(separator: "; ")
    )
  }

  /// Nil when there is no limit.
  private static func softLimit(_ resource: UInt32) -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource), &limit) == 0, limit.rlim_cur != rlim_t.max else { return nil }
    return Int(clamping: limit.rlim_cur)
  }
}
