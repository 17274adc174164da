/// The script that stands between the JavaScript engine, which knows one function, and a controller's module.
enum ControllerScript {
  /// - Parameter file: the controller's own file, in the folder that is the script's root.
  static func entry(for file: String) -> String {
    """
    import * as controller from "./\(file)";
    const request = (verb, rest) => ropewalk.client({ verb, ...rest });
    const client = Object.freeze({
      get: (reference) => request("get", reference).object,
      list: (query) => request("list", query),
      create: (object) => request("create", { object }).object,
      update: (object) => request("update", { object }).object,
      status: (object) => request("status", { object }).object,
      patch: (reference, patch) => request("patch", { ...reference, patch }).object,
      delete: (reference) => request("delete", reference).object,
      event: (event) => request("event", event),
    });
    let settings = {};
    export function process({ call, input }) {
      const action = controller[call] ?? controller.default?.[call];
      if (call === "exports") return { exports: Object.keys({ ...controller.default, ...controller }) };
      if (call === "initialize") settings = input;
      if (action === undefined) return null;
      return action(input, { client, settings, log: ropewalk.log });
    }

    """
  }
}
