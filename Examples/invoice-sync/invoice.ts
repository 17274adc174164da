import { amount, list, text } from "./ubl";

interface Line {
  id: string;
  item: string;
  quantity: number;
  amount: number;
}

interface Order {
  id: string;
  kind: "invoice" | "credit-note";
  issued: string;
  currency: string;
  supplier: string;
  buyer: string;
  total: number;
  lines: Line[];
}

/** Makes an order of a UBL 2.1 invoice or credit note. */
export function process(_: Message, context: Context): Order {
  const document = ropewalk.transform("xml-to-json", context.text(), { namespaces: "strip" });
  const body = document.Invoice ?? document.CreditNote;
  if (!body) {
    ropewalk.raiseError("NOT_UBL", "neither an Invoice nor a CreditNote");
  }
  return {
    id: text(body.ID),
    kind: document.Invoice ? "invoice" : "credit-note",
    issued: text(body.IssueDate),
    currency: text(body.DocumentCurrencyCode),
    supplier: text(body.AccountingSupplierParty?.Party?.PartyLegalEntity?.RegistrationName),
    buyer: text(body.AccountingCustomerParty?.Party?.PartyLegalEntity?.RegistrationName),
    total: amount(body.LegalMonetaryTotal?.PayableAmount),
    lines: list(body.InvoiceLine ?? body.CreditNoteLine).map((line) => ({
      id: text(line.ID),
      item: text(line.Item?.Name),
      quantity: amount(line.InvoicedQuantity ?? line.CreditedQuantity),
      amount: amount(line.LineExtensionAmount),
    })),
  };
}
