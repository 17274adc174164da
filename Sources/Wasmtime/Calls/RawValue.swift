/// A number that crosses between host and guest, as its bits; the function's type says what they mean.
public struct RawValue: Sendable, Hashable {
  public var bits: UInt64

  @inlinable public init(bits: UInt64) { self.bits = bits }
  @inlinable public init(_ value: Int32) { bits = UInt64(UInt32(bitPattern: value)) }
  @inlinable public init(_ value: UInt32) { bits = UInt64(value) }
  @inlinable public init(_ value: Int64) { bits = UInt64(bitPattern: value) }
  @inlinable public init(_ value: UInt64) { bits = value }
  @inlinable public init(_ value: Float) { bits = UInt64(value.bitPattern) }
  @inlinable public init(_ value: Double) { bits = value.bitPattern }

  /// What a function without a result gives.
  @inlinable public static var zero: RawValue { RawValue(bits: 0) }

  @inlinable public var i32: Int32 { Int32(truncatingIfNeeded: bits) }
  @inlinable public var u32: UInt32 { UInt32(truncatingIfNeeded: bits) }
  @inlinable public var i64: Int64 { Int64(bitPattern: bits) }
  @inlinable public var u64: UInt64 { bits }
  @inlinable public var f32: Float { Float(bitPattern: u32) }
  @inlinable public var f64: Double { Double(bitPattern: bits) }
}
