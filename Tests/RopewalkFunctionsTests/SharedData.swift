import RopewalkCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Files that other people published, beside the package.
enum SharedData {
  private static let packageRoot = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  static let root = packageRoot + "/../shared/data"
  static let isPresent = FileManager.default.fileExists(atPath: root + "/json-schema")

  static func bytes(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: root + "/" + path).map { Array($0) }
  }

  /// The names of a folder's files, sorted, without those of its folders.
  static func files(in folder: String, withSuffix suffix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().map { folder + "/" + $0 }
  }

  /// A file of the package itself.
  static func packageFile(_ path: String) -> String? {
    FileManager.default.contents(atPath: packageRoot + "/" + path).map { String(decoding: $0, as: UTF8.self) }
  }
}
