import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct TextFunctionTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func writesAndReadsBase64(text: String, encoded: String) throws {
    #expect(try apply("base64-encode", text) == encoded)
    #expect(try apply("base64-decode", encoded) == text)
    let unpadded = String(encoded.prefix { $0 != "=" })
    #expect(try apply("base64-encode", text, ["urlSafe": true]) == unpadded)
    #expect(try apply("base64-decode", unpadded, ["urlSafe": true]) == text)
  }

  @Test func readsEveryByte() throws {
    let bytes = (0...255).map { UInt8($0) }
    for length in 250...256 {
      let encoded = try FunctionLibrary.lookup("base64-encode").apply(Array(bytes.prefix(length))).payload
      #expect(try FunctionLibrary.lookup("base64-decode").apply(encoded).payload == Array(bytes.prefix(length)))
    }
  }

  @Test(arguments: [
    ("Zg", 3), ("Zg=", 4), ("Zg===", 6), ("Zh==", 2), ("Zm9=", 3), ("Z g=", 2), ("Zg==\n", 6), ("Zm-v", 3), ("=", 2), ("Z===", 2),
    ("é===", 6), ("éé", 1),
  ])
  func isStrictAboutBase64(text: String, byte: Int) {
    let error = #expect(throws: FunctionError.self) { try apply("base64-decode", text) }
    #expect(error?.message == "the payload is not valid base64 at byte \(byte)")
  }

  @Test func namesTheDecodedType() throws {
    let output = try FunctionLibrary.lookup("base64-decode").apply(Array("e30=".utf8), options: ["contentType": "application/json"])
    #expect(output == FunctionOutput(payload: Array("{}".utf8), contentType: "application/json"))
  }

  @Test(arguments: [
    ("upper-case", "straße 1", "STRASSE 1"), ("lower-case", "ÀB", "àb"),
    ("camel-case", "Order_number-2 XMLHttpRequest", "orderNumber2XmlHttpRequest"),
    ("snake-case", "orderNumberXMLId", "order_number_xml_id"), ("kebab-case", "Straße und Haus", "straße-und-haus"),
    ("title-case", "order_number", "Order Number"), ("camel-case", "", ""), ("snake-case", "--", ""), ("snake-case", "a1B2", "a1_b2"),
  ])
  func changesCase(function: String, text: String, expected: String) throws {
    #expect(try apply(function, text) == expected)
  }

  @Test func changesCaseWithinJSON() throws {
    let json = #"{"orderId":"A","lines":[{"unitPrice":1,"name":"x y"}]}"#
    #expect(try apply("snake-case", json, ["keys": true]) == #"{"order_id":"A","lines":[{"unit_price":1,"name":"x y"}]}"#)
    #expect(
      try apply("upper-case", json, ["fields": ["/lines/0/name", "/absent"]])
        == #"{"orderId":"A","lines":[{"unitPrice":1,"name":"X Y"}]}"#
    )
    let clash = #expect(throws: FunctionError.self) { try apply("lower-case", #"{"a":1,"A":2}"#, ["keys": true]) }
    #expect(clash?.message == "two keys of one object become 'a'")
    let wrong = #expect(throws: FunctionError.self) { try apply("upper-case", json, ["fields": ["/lines"]]) }
    #expect(wrong?.message == "/lines must be a string, not a list")
    #expect(throws: FunctionError.self) { try FunctionLibrary.lookup("upper-case").apply([0xFF]) }
  }
}
