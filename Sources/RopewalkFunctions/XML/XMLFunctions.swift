import RopewalkCore

extension BuiltInFunction {
  static let xmlToJSON = BuiltInFunction(
    "xml-to-json",
    "Turns an XML document into a JSON object.",
    options: [
      FunctionOption("namespaces", "`keep` (default) leaves prefixes and `xmlns` attributes as written; `strip` removes both."),
      FunctionOption(
        "arrays",
        "Elements that become lists even when there is one: names, or paths from the root such as `Invoice/InvoiceLine`."
      ),
      FunctionOption("trim", "`true` takes white space off both ends of texts. Default `false`."),
    ]
  ) { options throws(FunctionError) in
    let arrays = try options.strings("arrays") ?? []
    let converter = XMLToJSON(
      stripsPrefixes: try options.choice("namespaces", of: ["keep", "strip"]) == "strip",
      trims: try options.bool("trim", default: false),
      listNames: Set(arrays.filter { !$0.contains("/") }),
      listPaths: Set(arrays.filter { $0.contains("/") })
    )
    return .converter(contentType: ContentType.json) { input throws(FunctionError) in
      do throws(XMLSyntaxError) {
        return try converter.convert(input).serialised()
      } catch {
        throw FunctionError(error.isLimit ? .functionLimit : .functionInput, "the payload is \(error)")
      }
    }
  }

  static let jsonToXML = BuiltInFunction(
    "json-to-xml",
    "Turns a JSON object into an XML document; the inverse of xml-to-json.",
    options: [
      FunctionOption("root", "The root element's name. Default: the payload is an object whose only member is the root."),
      FunctionOption("item", "The name of a list's elements where the whole payload is a list. Default `item`."),
      FunctionOption("declaration", "`false` leaves out `<?xml …?>`. Default `true`."),
      FunctionOption("indent", "`true` writes a line per element. Default `false`."),
    ]
  ) { options throws(FunctionError) in
    let converter = JSONToXML(
      root: try options.string("root"),
      itemName: try options.string("item") ?? "item",
      writesDeclaration: try options.bool("declaration", default: true),
      indents: try options.bool("indent", default: false)
    )
    return .countingConverter(contentType: ContentType.xml) { input, allowance throws(FunctionError) in
      try converter.convert(try JSON.parseInput(input), within: &allowance)
    }
  }
}
