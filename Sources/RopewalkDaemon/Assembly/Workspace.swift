package import Logging
import NIOPosix
import RopewalkConnectors
package import RopewalkCore
import RopewalkFunctions
package import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ErrorCode {
  static let dataFolderUnusable = ErrorCode("data-folder.unusable", .denied)
}

/// Where and how integrations are read and run: the data folder, the secrets, the log.
package struct Workspace: Sendable {
  package let dataDirectory: String
  /// Nil where secrets are read from the environment.
  let secretsDirectory: String?
  /// What scripts may not import from, besides the data folder and the secrets.
  var closedFolders: [String] = []
  package let logger: Logger
  package let redaction: LogRedaction
  private let secrets: any SecretSource
  private let secretsFolder: DirectorySecretSource?

  /// - Parameters:
  ///   - dataDirectory: made when first needed.
  ///   - secretsDirectory: one file per secret; nil reads secrets from the environment.
  package init(dataDirectory: String, secretsDirectory: String?, logLevel: Logger.Level, logFormat: StandardErrorLogHandler.Format) {
    let redaction = LogRedaction()
    self.dataDirectory = dataDirectory
    self.secretsDirectory = secretsDirectory
    self.redaction = redaction
    self.secretsFolder = secretsDirectory.map { DirectorySecretSource(folder: $0) }
    self.secrets = secretsFolder ?? EnvironmentSecretSource()
    self.logger = Logger(label: "ropewalk") { label in
      StandardErrorLogHandler(label: label, level: logLevel, format: logFormat, redaction: redaction)
    }
  }

  /// Reads integrations. What is doubtful, in the files and in the folder of secrets, is among the warnings; secrets are
  /// hidden from the log.
  /// - Parameter missing: what becomes of references to secrets and variables that are not there.
  /// - Throws: `DiagnosticsError` with everything that is wrong in all of the files.
  package func read(_ files: [String], missing: ReferenceResolver.Missing = .refuse) async throws -> IntegrationFile.Contents {
    let survey = await IntegrationFile.survey(paths: files, in: context(secrets: secrets, missing: missing))
    redaction.hide(survey.contents.secrets.values)
    do {
      var contents = try survey.whole()
      contents.warnings += secretWarnings
      return contents
    } catch {
      // What could be read is looked at too, so that all that is wrong is said at once.
      let readable = survey.contents.integrations + survey.fragments
      guard !readable.isEmpty else { throw error }
      throw error.adding((try? await Assembly.problems(of: readable, in: self)) ?? [])
    }
  }

  /// Where secrets are looked up.
  var secretSource: any SecretSource { secrets }

  /// Where secrets are looked up, in words.
  var placeOfSecrets: String { secretsFolder == nil ? "read from the environment" : "read from a folder" }

  /// Why secrets cannot be read at all; nil when they can.
  var secretsProblem: String? { secretsFolder?.problem() }

  /// What is doubtful about the folder of secrets.
  var secretWarnings: [Diagnostic] { secretsFolder?.permissionWarnings() ?? [] }

  /// A secret by name; nil when there is none.
  /// - Throws: `RopewalkError` when it could not be looked up.
  func secret(named name: String) async throws -> Secret? { try await secrets.secret(named: name) }

  /// What integration files are read against.
  /// - Parameter secrets: nil takes the workspace's own.
  package func context(secrets: (any SecretSource)? = nil, missing: ReferenceResolver.Missing = .refuse) -> IntegrationContext {
    IntegrationContext(
      references: ReferenceResolver(secrets: secrets ?? self.secrets, missing: missing),
      connectors: BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: logger).metadata(),
      functions: FunctionLibrary.names
    )
  }

  /// Makes the data folder, for its owner alone, where it is not there yet.
  package func makeDataDirectory() throws(RopewalkError) {
    var path = ""
    for part in dataDirectory.split(separator: "/", omittingEmptySubsequences: false) {
      path += path.isEmpty && !dataDirectory.hasPrefix("/") ? part : "/" + part
      guard !part.isEmpty else { continue }
      if mkdir(path, 0o700) != 0, errno != EEXIST {
        throw RopewalkError(
          .dataFolderUnusable,
          "cannot make the data folder \(dataDirectory): \(String(cString: strerror(errno))); choose another with --data-dir"
        )
      }
    }
    guard access(dataDirectory, W_OK | X_OK) == 0 else {
      throw RopewalkError(.dataFolderUnusable, "cannot write to the data folder \(dataDirectory); choose another with --data-dir")
    }
  }
}
