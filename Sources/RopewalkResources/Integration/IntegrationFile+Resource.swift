public import RopewalkCore

extension IntegrationFile {
  /// Reads a stored object of the kind Integration.
  /// - Parameter folder: what the paths of `source` are relative to.
  /// - Throws: everything that is wrong with it; the places name fields, there being no lines.
  public static func read(
    _ object: Resource,
    in context: IntegrationContext = IntegrationContext(),
    folder: String = "."
  ) async throws(DiagnosticsError) -> Contents {
    let name = "\(object.metadata.namespace)/\(object.metadata.name)"
    do throws(DiagnosticsError) {
      return try await parse(text: written(object).text(pretty: true), file: "\(folder)/\(object.metadata.name).json", in: context)
    } catch {
      throw DiagnosticsError(
        error.diagnostics.map { diagnostic in
          var diagnostic = diagnostic
          diagnostic.mark = nil
          if diagnostic.field.isEmpty { diagnostic.field = name }
          return diagnostic
        }
      )
    }
  }

  /// The object as a file would have it: without what the control plane has added.
  private static func written(_ object: Resource) -> JSON {
    let metadata = ResourceMetadata(
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      labels: object.metadata.labels,
      annotations: object.metadata.annotations
    )
    return Resource(
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: metadata,
      fields: object.spec.map { ["spec": $0] } ?? [:]
    ).json
  }
}
