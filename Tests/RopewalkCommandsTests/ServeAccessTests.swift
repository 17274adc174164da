import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// Who may ask, and what objects may reach.
@Suite(.takesTurns) struct ServeAccessTests {
  @Test func objectsDoNotReadTheServersEnvironment() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try await ControlPlane.serving(options: ControlPlane.openFolder, in: folder) { plane in
        try await folder.apply(Declaration.orders(port: port, over: 0, version: "1", to: "./${ENV:HOME}/orders.jsonl"))
        try await eventually { try await plane.ordersStatus()["phase"] == "Failed" }
        #expect(try await plane.ordersStatus()["lastError"]?["message"]?.string?.contains("HOME") == true)
      }
    }
  }

  @Test func objectsReachTheServersFilesOnlyWhereTheOperatorSaysSo() async throws {
    try await Folder.with { folder in
      try await Folder.with { other in
        let port = try FreePort.next()
        try folder.write("declared/orders.yaml", Declaration.orders(port: port, over: 1000, version: "1", to: "\(other.path)/orders.jsonl"))
        try await ControlPlane.serving(["declared"], options: ControlPlane.openFolder, in: folder) { plane in
          // The file is the operator's word.
          try await HTTP.waitForListener(on: port)
          _ = try await HTTP.post(#"{"total": 2000}"#, to: "http://127.0.0.1:\(port)/orders")
          _ = try await other.waitForLines(1, in: "orders.jsonl")
          try await folder.apply(Declaration.orders(port: port, over: 1000, version: "2", to: "\(other.path)/orders.jsonl"))
          try await eventually { try await plane.ordersStatus().isTrue("Degraded") }
          let message = try await plane.ordersStatus()["lastError"]?["message"]?.string ?? ""
          #expect(message.contains("spec.outgoing.config.path") && message.contains("--allow-folder"), "\(message)")
          #expect(try await plane.ordersStatus().isTrue("Ready"))
          try await folder.apply(
            Declaration.orders(port: port, over: 1000, version: "3").replacing(
              #"incoming: { type: http-webhook, config: { listen: "127.0.0.1:\#(port)", endpoint: /orders } }"#,
              with: "incoming: { type: file, config: { path: .ropewalk/api/admin.token } }"
            )
          )
          try await eventually {
            try await plane.ordersStatus()["lastError"]?["message"]?.string?.contains("admin.token is not in a folder that is open") == true
          }
        }
        #expect(folder.lines(of: "orders.jsonl").isEmpty)
      }
    }
  }

  @Test(arguments: [
    ("./.ropewalk/kubeconfig", "lies in a folder that scripts do not read from"),
    ("./data/other.json", "lies in a folder that scripts do not read from"), ("../secret.json", "lies outside the integration's folder"),
  ])
  func scriptsOfObjectsImportNothingThatTheServerKeeps(path: String, words: String) async throws {
    try await Folder.with { parent in
      let folder = Folder(path: parent.path + "/served")
      try parent.write("secret.json", "{\"token\": sesame}")
      try folder.write("data/other.json", "{\"token\": sesame}")
      let port = try FreePort.next()
      let script = "import x from '\(path)'; export const process = () => x;"
      let declaration = Declaration.webhook(
        port: port,
        "filter: { type: wasm, inline: \"\(script)\" }\noutgoing: { type: http, config: { url: \"http://127.0.0.1:9/\" } }"
      )
      try await ControlPlane.serving(options: ["--allow-folder", "data"], in: folder) { plane in
        try await folder.apply(declaration)
        try await eventually { try await plane.ordersStatus()["phase"] == "Failed" }
        let message = try await plane.ordersStatus()["lastError"]?["message"]?.string ?? ""
        #expect(message.contains("'\(path)' \(words)") && !message.contains("sesame"), "\(message)")
      }
    }
  }

  @Test func noFolderIsOpenUnlessTheOperatorOpensIt() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try await ControlPlane.serving(in: folder) { plane in
        try await folder.apply(Declaration.orders(port: port, over: 0, version: "1"))
        try await eventually { try await plane.ordersStatus()["phase"] == "Failed" }
        let message = try await plane.ordersStatus()["lastError"]?["message"]?.string ?? ""
        #expect(message.contains("start serve with --allow-folder FOLDER"), "\(message)")
        #expect(!folder.exists("orders.jsonl"))
      }
    }
  }

  @Test func clientsAreKnownByTheirCertificates() async throws {
    try await Folder.with { folder in
      // Before the first start too.
      for (user, group) in [("carol", "system:masters"), ("bob", "ops")] {
        let made = try await Ropewalk.run("token", "certificate", "--user", user, "--group", group, in: folder)
        #expect(made.exitCode == 0 && made.output.contains("\(user).crt\n\(user).key"), "\(made.output)\(made.errors)")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(user).key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
      }
      try await ControlPlane.serving(options: ControlPlane.openFolder, in: folder) { _ in
        for user in ["carol", "bob"] {
          let config = folder.lines(of: ".ropewalk/kubeconfig").map { line in
            line.contains(" token: ") ? "    client-certificate: \(user).crt\n    client-key: \(user).key" : line
          }
          try folder.write("\(user).config", config.joined(separator: "\n"))
        }
        let carol = try await Ropewalk.run("get", "customers", "--kubeconfig", "carol.config", in: folder)
        #expect(carol.exitCode == 0, "\(carol.errors)")
        let bob = try await Ropewalk.run("get", "customers", "--kubeconfig", "bob.config", in: folder)
        #expect(bob.errors.contains("\"bob\" cannot list"), "\(bob.errors)")
      }
    }
  }

  @Test(arguments: [["--tls-cert", "a.crt"], ["--client-ca", "ca.crt"], ["--tls", "off", "--tls-cert", "a.crt", "--tls-key", "a.key"]])
  func optionsOfTLSBelongTogether(_ options: [String]) async throws {
    try await Folder.with { folder in
      let result = try await Ropewalk.run(["serve"] + options, in: folder)
      #expect(result.exitCode == 64 && result.errors.contains("--tls-cert"), "\(result.errors)")
    }
  }

  @Test func tokensAreMadeListedAndRevokedWhileItServes() async throws {
    try await Folder.with { folder in
      try await ControlPlane.serving(options: ControlPlane.openFolder, in: folder) { _ in
        func create(_ user: String, _ options: String...) async throws {
          let made = try await Ropewalk.run(["token", "create", "--user", user, "--output", "json"] + options, in: folder)
          #expect(made.exitCode == 0, "\(made.errors)")
          let token = try #require(made.json["token"]?.string)
          let lines = folder.lines(of: ".ropewalk/kubeconfig").map { $0.contains(" token: ") ? "    token: \(token)" : $0 }
          try folder.write("\(user).yaml", lines.joined(separator: "\n") + "\n")
        }
        func get(as user: String) async throws -> Ropewalk.Result {
          try await Ropewalk.run("get", "integrations", "--kubeconfig", "\(user).yaml", in: folder)
        }
        try await create("alice", "--group", "system:masters", "--expires-in", "90d")
        try await create("bob")
        try await eventually { try await get(as: "alice").exitCode == 0 }
        try await eventually { try await get(as: "bob").errors.contains("User \"bob\" cannot list resource") }
        #expect(try await get(as: "bob").exitCode == 77)
        #expect(try await Ropewalk.run("token", "create", "--user", "alice", in: folder).exitCode == 73)
        let list = try await Ropewalk.run("token", "list", "--output", "json", in: folder)
        #expect(list.json.array?.map { $0["id"]?.string } == ["ropewalk-admin", "alice", "bob"])
        #expect(list.json.array?[1]["groups"] == ["system:masters"] && list.json.array?[1]["expires"]?.string != nil)
        #expect(try await Ropewalk.run("token", "revoke", "alice", in: folder).output == "token/alice revoked\n")
        try await eventually { try await get(as: "alice").errors.contains("who asks is not known") }
        #expect(try await Ropewalk.run("token", "revoke", "alice", in: folder).exitCode == 66)
      }
    }
  }
}
