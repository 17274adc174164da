import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// That connectors in processes of their own are confined unless a file says otherwise, and that it is said where they are not.
@Suite(.takesTurns) struct ConnectorSandboxTests {
  /// Orders that a process writes into a folder of this machine.
  private func orders(_ folder: Folder, sandbox: String = "") -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: orders, namespace: default }
    spec:
      customer: acme
      incoming: { type: generate, config: { count: 3, payload: "line {n}" } }
      outgoing:
        type: file
        runtime: process
        config: { path: "\(folder.path)/out/orders.txt" }
        \(sandbox)
    """
  }

  @Test(.enabled("this machine allows no sandbox") { try await Connectors.areSandboxed() })
  func aFolderThatIsNotGrantedIsNotThere() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      try folder.write("orders.yaml", orders(folder))
      let refused = try await Ropewalk.run("run", "--once", "orders.yaml", in: folder)
      #expect(refused.exitCode != 0 && refused.errors.contains("\(folder.path)/out"), "\(refused.exitCode): \(refused.errors)")
      #expect(folder.files(in: "out") == ["keep"])
      // It was the sandbox.
      for (number, sandbox) in ["sandbox: { write: ./out }", "sandbox: false"].enumerated() {
        try folder.write("orders.yaml", orders(folder, sandbox: sandbox))
        let result = try await Ropewalk.run("run", "--once", "orders.yaml", "--data-dir", "data-\(number)", in: folder)
        #expect(result.exitCode == 0, "\(result.errors)")
      }
      #expect(folder.lines(of: "out/orders.txt").count == 6)
    }
  }

  @Test func aRunSaysWhatIsNotHeld() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      try folder.write("orders.yaml", orders(folder, sandbox: "sandbox: { write: ./out }"))
      let result = try await Ropewalk.run("run", "--once", "orders.yaml", "--output", "json", in: folder)
      let finding = try await Connectors.sandboxFinding(in: folder)
      let shortfalls = try #require(result.json["integrations"]?["orders"]?["sandboxShortfalls"]?.array, "\(result.errors)")
      #expect(shortfalls.isEmpty == (finding["verdict"] == "ok"), "\(finding)")
      // Where nothing has a sandbox, nothing is said of it.
      try folder.write("orders.yaml", orders(folder, sandbox: "sandbox: false"))
      let free = try await Ropewalk.run("run", "--once", "orders.yaml", "--output", "json", in: folder)
      #expect(free.json["delivered"] == 3 && free.json["integrations"]?["orders"]?["sandboxShortfalls"] == nil, "\(free.output)")
    }
  }

  @Test(.enabled("unshare(1) may not mount here") { try await Connectors.canBeWithoutSandbox() })
  func aMachineWithoutBubblewrapIsNamed() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      try folder.write("orders.yaml", orders(folder))
      let result = try await Connectors.runWithoutSandbox("run", "--once", "orders.yaml", "--output", "json", in: folder)
      let (detail, remedy) = ("bubblewrap is not installed, so plugins run without a sandbox", "install it: apt-get install bubblewrap")
      #expect(result.json["delivered"] == 3, "\(result.errors)")
      #expect(result.json["integrations"]?["orders"]?["sandboxShortfalls"] == [.string("\(detail); \(remedy)")], "\(result.output)")
      #expect(result.errors.contains("Connectors run without a sandbox"))
      let report = try await Connectors.runWithoutSandbox("doctor", "--output", "json", in: folder)
      let finding = report.json["findings"]?.array?.first { $0["subject"] == "sandbox" }
      #expect(finding?["verdict"] == "warning" && finding?["detail"] == .string(detail) && finding?["remedy"] == .string(remedy))
      #expect(report.exitCode == 0 && report.json["healthy"] == true)
    }
  }

  @Test(.enabled(if: ControlPlane.hasKubectl, ControlPlane.noKubectl)) func aServerSaysItInACondition() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      let isHeld = try await Connectors.sandboxFinding(in: folder)["verdict"] == "ok"
      try folder.write("orders.yaml", orders(folder, sandbox: "sandbox: { write: ./out }"))
      try await ControlPlane.serving(["orders.yaml"], in: folder) { plane in
        try await plane.kubectl("wait", "integration/orders", "--for=condition=Sandboxed=\(isHeld ? "True" : "False")", "--timeout=120s")
        let described = try await plane.kubectl("describe", "integration", "orders").output
        #expect(described.contains("Sandboxed") && described.contains(isHeld ? "Complete" : "Incomplete"), "\(described)")
      }
    }
  }
}
