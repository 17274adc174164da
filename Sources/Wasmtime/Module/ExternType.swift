/// The type of what a module imports or exports.
public enum ExternType: Sendable, Hashable, CustomStringConvertible {
  case function(FunctionType)
  case memory(MemoryType)
  case table(TableType)
  case global(GlobalType)
  /// An exception's tag; modules of this engine have none.
  case tag

  public var description: String {
    switch self {
    case .function(let type): "function \(type)"
    case .memory(let type): "memory of \(type.minimumPages) to \(type.maximumPages.map(String.init) ?? "any") pages"
    case .table(let type): "table of \(type.minimum) to \(type.maximum.map(String.init) ?? "any") elements"
    case .global(let type): "\(type.isMutable ? "mutable " : "")global \(type.content)"
    case .tag: "tag"
    }
  }
}

/// A linear memory's declared size, in pages of 64 KiB.
public struct MemoryType: Sendable, Hashable {
  public var minimumPages: UInt64
  public var maximumPages: UInt64?
  public var is64Bit: Bool

  /// What a memory of the type can grow to.
  var maximumByteCount: Int {
    let (bytes, isOver) = (maximumPages ?? 65_536).multipliedReportingOverflow(by: 65_536)
    return isOver ? .max : Int(clamping: bytes)
  }
}

public struct TableType: Sendable, Hashable {
  public var element: ValueType
  public var minimum: UInt32
  public var maximum: UInt32?
}

public struct GlobalType: Sendable, Hashable {
  public var content: ValueType
  public var isMutable: Bool
}
