/** The text of an element as `xml-to-json` gives it: a string, or a map where the element has attributes. */
export function text(element: any): string {
  return typeof element === "object" && element !== null ? (element["#text"] ?? "") : (element ?? "");
}

/** The number in an element; 0 where there is none. */
export function amount(element: any): number {
  return Number(text(element)) || 0;
}

/** An element that may come once, many times or not at all, as a list. */
export function list(element: any): any[] {
  return element === undefined ? [] : Array.isArray(element) ? element : [element];
}
