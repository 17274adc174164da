import RopewalkCore

/// The forms in which a change can be written.
enum PatchKind: Sendable {
  /// RFC 6902
  case json
  /// RFC 7386
  case merge
  case strategicMerge
  /// Server-side apply
  case apply

  /// - Throws: 415 for any other media type.
  init(_ type: MediaType) throws(StatusError) {
    switch type.essence {
    case MediaType.jsonPatch: self = .json
    case MediaType.mergePatch: self = .merge
    case MediaType.strategicMergePatch: self = .strategicMerge
    case MediaType.applyPatch, "application/apply-patch+json": self = .apply
    default:
      throw .unsupportedMediaType(
        "\(type.essence.prefix(80)) is no patch; send \(MediaType.jsonPatch), \(MediaType.mergePatch), "
          + "\(MediaType.strategicMergePatch) or \(MediaType.applyPatch)"
      )
    }
  }
}
