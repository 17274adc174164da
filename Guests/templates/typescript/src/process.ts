/**
 * Looks at each message. What it returns goes on as the payload; `true` lets the message go on unchanged; nothing, or
 * `false`, ends it here. An exception fails it.
 */
export function process(message: Message, context: Context): unknown {
  if (message === "") {
    return false; // an empty message ends here
  }
  // A converter returns another payload: return { ...message, currency: "EUR" };
  return true;
}
