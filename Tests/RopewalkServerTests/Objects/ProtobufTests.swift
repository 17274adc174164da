import RopewalkCore
import Testing

@testable import RopewalkServer

/// What `kubectl` 1.36 sent, byte for byte.
@Suite struct ProtobufTests {
  private let namespace: [UInt8] = [
    0x6B, 0x38, 0x73, 0x00, 0x0A, 0x0F, 0x0A, 0x02, 0x76, 0x31, 0x12, 0x09, 0x4E, 0x61, 0x6D, 0x65,
    0x73, 0x70, 0x61, 0x63, 0x65, 0x12, 0x19, 0x0A, 0x11, 0x0A, 0x01, 0x78, 0x12, 0x00, 0x1A, 0x00,
    0x22, 0x00, 0x2A, 0x00, 0x32, 0x00, 0x38, 0x00, 0x42, 0x00, 0x12, 0x00, 0x1A, 0x02, 0x0A, 0x00,
    0x1A, 0x00, 0x22, 0x00,
  ]

  @Test func aNamespace() throws {
    let expected: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "x"], "spec": [:]]
    #expect(try ProtobufDocument.read(namespace) == expected)
  }

  @Test func aRoleBinding() throws {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
    func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
    let object =
      field(1, text(1, "b") + field(11, text(1, "k") + text(2, "v")))
      + field(2, text(1, "User") + text(3, "bob")) + field(3, text(1, "g") + text(2, "Role") + text(3, "r"))
    let body = Array("k8s\0".utf8) + field(1, text(1, "rbac.authorization.k8s.io/v1") + text(2, "RoleBinding")) + field(2, object)
    let expected: JSON = [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": "b", "labels": ["k": "v"]],
      "subjects": [["kind": "User", "name": "bob"]], "roleRef": ["apiGroup": "g", "kind": "Role", "name": "r"],
    ]
    #expect(try ProtobufDocument.read(body) == expected)
  }

  @Test func whatIsBroken() {
    #expect(throws: StatusError.self) { try ProtobufDocument.read([]) }
    for length in 4..<namespace.count - 1 {
      // Cut off anywhere it is refused, or a shorter message; never a crash.
      _ = try? ProtobufDocument.read(Array(namespace.prefix(length)))
    }
    #expect(throws: StatusError.self) { try ProtobufDocument.read(Array("k8s\0\n\u{07}\n\u{00}\u{12}\u{03}Pod".utf8)) }
    #expect(throws: StatusError.self) {
      try ProtobufDocument.read(Array("k8s\0".utf8) + [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
    }
  }
}
