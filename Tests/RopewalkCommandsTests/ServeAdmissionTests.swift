import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// Controllers that look at writes before they are made.
@Suite(.takesTurns) struct ServeAdmissionTests {
  /// A controller that refuses customers without a name for people, and says whose write it is.
  private let gate = """
    name: gate
    type: wasm
    path: ../gate.js
    security: { allowedResources: [customers], allowedVerbs: [get] }
    config: { capabilities: [validation, admission] }
    """
  private let gateCode = """
    export const metadata = () => ({ name: "gate", version: "1.0.0", kinds: [], capabilities: ["validation", "admission"] });
    const look = ({ object, subject }) =>
      object.spec?.displayName ? { allowed: true } : { allowed: false, message: `no name from ${subject.name}` };
    export const validate_create = look;
    export const validate_update = look;
    """

  @Test func whatMustLookAtAWriteIsWaitedFor() async throws {
    try await Folder.with { folder in
      let api = try FreePort.next()
      func write(_ name: String, _ spec: String) async throws -> Ropewalk.Result {
        try await folder.tryToApply(Declaration.customer(name, spec))
      }
      try folder.write("plugins/gate-plugin.yaml", gate)
      try folder.write("gate.js", "export const metadata = (")
      try await ControlPlane.serving(port: api, options: ["--tls", "off"], in: folder) { _ in
        // It cannot be loaded: nothing that it must look at is written, from the first moment on.
        let refused = try await write("acme", "{ displayName: Acme }")
        #expect(refused.exitCode != 0 && refused.errors.contains("the controller 'gate' must look at this"), "\(refused.errors)")
        #expect(try await HTTP.once([], to: "http://127.0.0.1:\(api)/readyz", headers: [:], method: "GET").status == 200)
        try folder.write("gate.js", gateCode)
        try await eventually { try await write("acme", "{ displayName: Acme }").exitCode == 0 }
        // Customers are none of its own kinds: it looks at what it is allowed, and is told who writes.
        #expect(try await write("globex", "{}").errors.contains("no name from ropewalk-admin"))
        let audit = folder.lines(of: ".ropewalk/api/audit.jsonl")
        #expect(audit.contains { $0.contains(#""name":"gate","source":"plugins""#) })
      }
      // After a restart it is waited for again; without it nobody is.
      try folder.write("gate.js", "export const metadata = (")
      try await ControlPlane.serving(port: api, in: folder) { _ in
        #expect(try await write("initech", "{ displayName: Initech }").errors.contains("the controller 'gate'"))
        try FileManager.default.removeItem(atPath: folder.path + "/plugins/gate-plugin.yaml")
        try await eventually { try await write("initech", "{}").exitCode == 0 }
      }
    }
  }

  @Test func aControllerThatRefusesEverythingCanBeMended() async throws {
    try await Folder.with { folder in
      func write(_ name: String) async throws -> Ropewalk.Result {
        try await folder.tryToApply(Declaration.customer(name, "{ displayName: Acme }"))
      }
      try folder.write("plugins/gate-plugin.yaml", gate.replacing("[customers]", with: #"["*"]"#))
      try folder.write("gate.js", gateCode.replacing("object.spec?.displayName ?", with: "false ?"))
      try await ControlPlane.serving(options: ["--tls", "off"], in: folder) { _ in
        try await eventually { try await write("acme").errors.contains("no name from ropewalk-admin") }
        // Its own object is written anew for that.
        try folder.write("gate.js", gateCode)
        try await eventually { try await write("acme").exitCode == 0 }
      }
    }
  }
}
