import Foundation
import Testing

/// Secrets: looked up, never shown, and nobody else's to read.
extension ValidateCommandTests {
  @Test func neverShowsASecret() async throws {
    try await Folder.with { folder in
      try folder.write(
        "bad.yaml",
        integration(filter: "{ function: upper-case }", outgoing: "{ type: http, config: { url: \"${SECRET:erp_url}\" } }")
      )
      let result = try await Ropewalk.run(
        "validate",
        "bad.yaml",
        environment: ["ROPEWALK_SECRET_ERP_URL": "hunter2://secret-host"],
        in: folder
      )
      #expect(result.exitCode == 65)
      #expect(!(result.errors + result.output).contains("secret-host"))
      let settings = "settings: { pointer: \"${SECRET:place}\", equals: x }"
      try folder.write("quoted.yaml", integration(filter: "{ function: filter, config: { \(settings) } }"))
      let quoting = try await Ropewalk.run(
        "validate",
        "quoted.yaml",
        environment: ["ROPEWALK_SECRET_PLACE": "secret-place"],
        in: folder
      )
      #expect(quoting.exitCode == 65 && quoting.errors.contains("'***' is no JSON pointer"), "\(quoting.errors)")
      #expect(!(quoting.errors + quoting.output).contains("secret-place"))
    }
  }

  /// A folder of secrets that is not there hides nothing of what is wrong with the connection.
  @Test func aSecretThatCannotBeLookedUpHidesNothing() async throws {
    try await Folder.with { folder in
      let incoming = #"{ type: http-webhook, config: { endpoint: x, signature: { scheme: githb, secret: "${SECRET:s}" } } }"#
      try folder.write("bad.yaml", integration(filter: "{ function: upper-case }", incoming: incoming))
      let result = try await Ropewalk.run("validate", "bad.yaml", "--secrets", "nowhere", in: folder)
      #expect(result.exitCode == 65)
      for part in ["config.endpoint:", "signature.scheme:", "${SECRET:s} could not be looked up: the folder of secrets"] {
        #expect(result.errors.contains(part), "\(result.errors)")
      }
      #expect(result.errors.split(separator: "\n").filter { $0.contains("error:") }.count == 3, "\(result.errors)")
    }
  }

  @Test func warnsOfSecretsThatEverybodyCanRead() async throws {
    try await Folder.with { folder in
      try folder.write("in.csv", "one\n")
      try folder.write(
        "good.yaml",
        integration(
          filter: "{ function: upper-case }",
          outgoing: "{ type: file, config: { path: ./out.txt } }",
          incoming: "{ type: file, config: { path: ./in.csv } }"
        )
      )
      let secret = try folder.write("secrets/erp_url", "hunter2")
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret)
      for arguments in [["validate", "good.yaml"], ["run", "--once", "good.yaml"]] {
        let result = try await Ropewalk.run(arguments + ["--secrets", "secrets"], in: folder)
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.errors.contains("warning: secrets/erp_url can be read by every user of this machine; chmod 600"), "\(result.errors)")
      }
      let doctor = try await Ropewalk.run("doctor", "--secrets", "secrets", in: folder)
      #expect(doctor.output.contains("warning  secrets: secrets/erp_url can be read by every user"), "\(doctor.output)")
    }
  }
}
