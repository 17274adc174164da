/** Lets orders over 1,000 pass. */
export function process(order: Message): boolean {
  if (typeof order === "string" || order instanceof Uint8Array) {
    ropewalk.raiseError("NOT_JSON", "the order is not JSON");
  }
  return typeof order?.amount === "number" && order.amount > 1000;
}
