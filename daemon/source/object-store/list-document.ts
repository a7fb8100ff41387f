/** What the vendors' XML documents of lists have in common: how to know one, and how names are written in them. */
import { IntegrityError } from "../../../base/errors.ts";

/**
 * Makes sure that the document is the one that was asked for, from its first element to its last. A parser that forgives a
 * document that ends early, or takes the welcome page of a hotel's network for an empty list, would hide objects.
 * @throws IntegrityError
 */
export function checkDocument(document: Buffer, root: string): void {
  const text = document.toString("utf8").trim();
  const begins = new RegExp(`^(?:<\\?xml[^>]*\\?>\\s*)?<${root}[\\s/>]`).test(text);
  const ends = text.endsWith(`</${root}>`) || /^(?:<\?xml[^>]*\?>\s*)?<[A-Za-z]+[^<>]*\/>$/.test(text);
  if (!begins || !ends) throw unreadableList(`it is no whole ${root}`);
  if (text.includes("<!DOCTYPE")) throw unreadableList("it declares entities");
}

/** Percent-decoding in which "+" is a space, as S3 and OSS encode names with encoding-type=url. @throws IntegrityError */
export function decodeUrlText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw unreadableList("it holds a name that is not UTF-8");
  }
}

export function unreadableList(why: string): IntegrityError {
  return new IntegrityError(`the store's list cannot be read: ${why}`);
}
