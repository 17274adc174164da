/**
 * What a script finds when it runs as a step of Ropewalk: the types for editors and type checkers.
 *
 * A script exports one function, `process` (a default export does too). It is called for each message and what it
 * returns becomes of the message:
 *
 * | returned                        | the message                                                    |
 * | ------------------------------- | -------------------------------------------------------------- |
 * | an object, an array, a number   | goes on with this as its payload, written as JSON              |
 * | a string                        | goes on with this text as its payload                          |
 * | a `Uint8Array`, an `ArrayBuffer`| goes on with these bytes as its payload                        |
 * | `true`                          | goes on unchanged, byte for byte                               |
 * | nothing, `null`, `false`        | ends here: it was filtered                                     |
 * | a promise                       | waits for it; then the same rules apply                        |
 * | (an exception)                  | fails, with the exception's message and its place in the source |
 *
 * There is no file system, no network but `ropewalk.httpCall`, and no timer. What a script keeps in its own variables
 * stays for the customer's next message, as long as the instance lives; nothing else does.
 */

/**
 * A message's payload. JSON is parsed; other text is a `string`; everything else is a `Uint8Array`.
 *
 * The content type decides. With one that names JSON the payload is JSON, and a payload that is not, such as an empty
 * one, fails before `process` is called. Without one, and with one that says nothing (`application/octet-stream`,
 * `application/x-www-form-urlencoded`), a payload that begins with `{` or `[` is parsed where it is JSON.
 *
 * Declare what you expect for your own messages: `export function process(order: Order): Invoice | null { … }`.
 */
type Message = any;

/** The second argument of `process`: what is known of the message beside its payload. Nothing is fetched before it is read. */
interface Context {
  /** The message's headers. */
  readonly headers: Headers;
  /** Whose message it is and where it came from. Needs the capability `GetMessageMetadata`. */
  readonly metadata: MessageMetadata;
  /** `config.settings` of the step. */
  readonly settings: any;
  /**
   * The payload's media type, empty when the sender named none. Set it to name that of what `process` returns; where it
   * is not set it changes only with the kind of payload: to `application/json` for an object that was made of something
   * else, to `text/plain; charset=utf-8` or `application/octet-stream` for text or bytes made of JSON.
   */
  contentType: string;
  /** Whose message it is. Needs the capability `GetCustomerID`. */
  readonly customerID: string;
  /** The integration that the step belongs to. Needs the capability `GetIntegrationID`. */
  readonly integrationID: string;
  /** The payload as it came, as text. Throws a `TypeError` where it is not UTF-8. */
  text(): string;
  /** A copy of the payload as it came. */
  bytes(): Uint8Array;
}

/** Headers by name; capitals do not matter. */
interface Headers {
  /** The first value, or `undefined` where there is no such header. */
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** All of them in order, as `[name, value]`. */
  entries(): [string, string][];
}

interface MessageMetadata {
  readonly messageID: string;
  /** With `GetCustomerID`, as `tenantID`. */
  readonly customerID?: string;
  readonly tenantID?: string;
  /** With `GetIntegrationID`. */
  readonly integrationID?: string;
  /** The incoming connection's name. */
  readonly source: string;
  /** Joins messages that belong to one exchange. */
  readonly correlationID: string;
  /** The W3C trace id, empty when the sender sent none. */
  readonly traceID: string;
  /** When the message was accepted, as in `2026-01-31T12:00:00.000Z`. */
  readonly timestamp: string;
  readonly contentType: string;
}

interface HTTPRequest {
  /** Default `GET`. */
  method?: string;
  /** Absolute, to a host that `config.http` of the step allows. */
  url: string;
  headers?: Record<string, string>;
  /** Objects are not written as JSON by themselves: use `JSON.stringify` and name the `content-type`. */
  body?: string | Uint8Array | ArrayBuffer | null;
}

interface HTTPResponse {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Record<string, string>;
  /** Text, or bytes where the body is not UTF-8. */
  readonly body: string | Uint8Array;
}

/** One way in which a value breaks a schema. */
interface Violation {
  /** Where in the value, as a JSON pointer: `/lines/0/price`. */
  readonly instance: string;
  /** Which rule of the schema, as a JSON pointer. */
  readonly schema: string;
  readonly message: string;
}

/**
 * What a step may ask of its host. Each function needs its capability in `config.capabilities` of the step; without it
 * the call throws an `Error` that names it.
 */
declare const ropewalk: {
  /** Lines in the host's log, under the step's name. Objects are written as JSON. Needs `Log`. */
  readonly log: {
    debug(...values: unknown[]): void;
    info(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    error(...values: unknown[]): void;
  };

  /**
   * Makes an HTTP call and returns the response, whatever its status. Nothing to await: the script waits, other
   * customers' do not. Needs `HTTPCall`.
   * @throws Error where there is no response: a host that is not allowed, a time or size limit, no connection.
   */
  httpCall(request: HTTPRequest): HTTPResponse;

  /**
   * Applies a built-in function, such as `xml-to-json` or `base64-encode`. An object or array as input is written as
   * JSON. Returns a parsed value for functions whose name ends in `json`, otherwise a string, or bytes where the result
   * is not UTF-8. Needs `Transform`.
   * @throws Error where the function does not exist or does not take the input.
   */
  transform(name: string, input: unknown, options?: Record<string, unknown>): any;

  /**
   * Checks a value against a JSON Schema (an object, a boolean, or a schema's text). Returns what is wrong with the
   * value, an empty array when nothing is. Needs `Validate`.
   * @throws Error where the schema itself is wrong.
   */
  validate(schema: object | boolean | string, value: unknown): Violation[];

  /**
   * Fails the message with a code of your own, by throwing an error that carries it. `recoverable` says that the same
   * message may succeed later. Needs `RaiseError`.
   */
  raiseError(code: string, message: string, options?: { recoverable?: boolean }): never;

  /** Whose message it is. Needs `GetCustomerID`. */
  getCustomerID(): string;

  /** The integration that the step belongs to. Needs `GetIntegrationID`. */
  getIntegrationID(): string;

  /** The same as `context.metadata`. Needs `GetMessageMetadata`. */
  getMessageMetadata(): MessageMetadata;
};

/** Writes to the host's log where the step has the capability `Log`, and nowhere otherwise. */
declare const console: {
  debug(...values: unknown[]): void;
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
};

/* What there is beside the language. */
declare function queueMicrotask(callback: () => void): void;
/** The bytes that base64 says, each as a character up to U+00FF. */
declare function atob(text: string): string;
/** Base64 of characters up to U+00FF. */
declare function btoa(text: string): string;
