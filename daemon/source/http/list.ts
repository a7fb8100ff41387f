/**
 * Listings of folders whose server has an index page. A page that is none lists empty: what a site links to are not files of a
 * folder.
 */
import { TextDecoder } from "node:util";
import { type DeadlineSignal, deadlineSignal } from "../../../base/deadline.ts";
import { LimitError, NotSupportedError } from "../../../base/errors.ts";
import {
  INDEX_BYTES_MAX,
  INDEX_ENTRIES_MAX,
  INDEX_HEAD_BYTES_MAX,
  LIST_DEPTH_MAX,
  LIST_FOLDERS_MAX,
  LIST_PAGE_ENTRIES,
  LISTING_MS_MAX,
  ORIGIN_ASK_DEADLINE_MS,
} from "../../../base/limits.ts";
import { loggableUrl } from "../../../base/logger.ts";
import type { ListRequest, SourceEntry } from "../source.ts";
import { statusError } from "./failure.ts";
import { isHtml, parseMediaType } from "./fields.ts";
import { type Answer, type HttpClient, parseHttpUrl } from "./http-client.ts";
import { HtmlIndex, type IndexParser } from "./index-html.ts";
import { JsonIndex } from "./index-json.ts";
import { folderUrl, type IndexFolder } from "./index-link.ts";

/** Caddy sends JSON to whoever accepts it; everybody else decides by other things. */
const ACCEPT = "text/html, application/json;q=0.9, */*;q=0.8";
const JSON_TYPE = "application/json";

/** Asks a question, again where that may help, within the deadline. */
export type AskAgain = <T>(ask: (signal: AbortSignal) => Promise<T>, deadline: DeadlineSignal) => Promise<T>;

export interface Listing {
  readonly client: HttpClient;
  readonly askAgain: AskAgain;
  readonly request: ListRequest;
}

/** A folder that waits to be listed. */
interface Folder {
  readonly url: string;
  /** Prefix of its entries' names: "" or a path with a slash at its end. */
  readonly prefix: string;
  readonly depth: number;
}

/** Throws as Source.list does. */
export async function* listPages(
  listing: Listing,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceEntry[], void, void> {
  const waiting: Folder[] = [{ url: listing.request.url, prefix: "", depth: 1 }];
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    for await (const page of folderPages(listing, folder.url, signal)) {
      const { prefix, depth } = folder;
      if (listing.request.recursive === true) addFolders(waiting, page, { prefix, depth });
      yield page.map((entry) => ({ ...entry, name: `${prefix}${entry.name}` }));
    }
  }
}

function addFolders(
  waiting: Folder[],
  page: readonly SourceEntry[],
  parent: { readonly prefix: string; readonly depth: number },
): void {
  for (const { kind, name, url } of page) {
    if (kind !== "directory") continue;
    if (waiting.length >= LIST_FOLDERS_MAX || parent.depth >= LIST_DEPTH_MAX)
      throw new LimitError(
        `the tree is larger than can be listed: ${LIST_DEPTH_MAX} levels, ${LIST_FOLDERS_MAX} folders`,
      );
    waiting.push({ url, prefix: `${parent.prefix}${name}/`, depth: parent.depth + 1 });
  }
}

async function* folderPages(
  listing: Listing,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<SourceEntry[], void, void> {
  const { client, askAgain } = listing;
  const deadline = deadlineSignal(client.clock, "the origin's answer", ORIGIN_ASK_DEADLINE_MS, signal);
  try {
    const answer = await askAgain((askSignal) => askForIndex(listing, url, askSignal), deadline);
    deadline.extend(LISTING_MS_MAX);
    try {
      const contentType = answer.exchange.head.headers["content-type"];
      const folder = { page: answer.finalUrl, asked: folderUrl(parseHttpUrl(url)) };
      const parser = parserOf(parseMediaType(contentType), folder);
      if (parser !== undefined) yield* parsedPages(answer, parser, decoderOf(contentType));
    } finally {
      answer.done();
    }
  } finally {
    deadline.close();
  }
}

/** @throws NotSupportedError when what is there is no page; what statusError gives */
async function askForIndex({ client, request }: Listing, url: string, signal: AbortSignal): Promise<Answer> {
  const asked = parseHttpUrl(url);
  const answer = await client.get(
    {
      request,
      url: `${folderUrl(asked).href}${asked.search}`,
      headers: { accept: ACCEPT },
      kind: "question",
      temporaryRedirects: false,
    },
    signal,
  );
  const { head } = answer.exchange;
  const mediaType = parseMediaType(head.headers["content-type"]);
  if (head.statusCode === 200 && (isHtml(mediaType) || mediaType === JSON_TYPE)) return answer;
  await client.discard(answer);
  if (head.statusCode !== 200) throw statusError(head, url);
  throw new NotSupportedError(`${loggableUrl(url)} is ${mediaType ?? "of no known type"}, not an index`);
}

function parserOf(mediaType: string | undefined, folder: IndexFolder): IndexParser | undefined {
  if (isHtml(mediaType)) return new HtmlIndex(folder);
  return mediaType === JSON_TYPE ? new JsonIndex(folder) : undefined;
}

function decoderOf(contentType: string | undefined): TextDecoder {
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? "") ?? [];
  try {
    return new TextDecoder(charset);
  } catch {
    // A character set nobody knows: links are nearly always plain ASCII.
    return new TextDecoder();
  }
}

async function* parsedPages(
  answer: Answer,
  parser: IndexParser,
  decoder: TextDecoder,
): AsyncGenerator<SourceEntry[], void, void> {
  const seen = new Set<string>();
  let ready: SourceEntry[] = [];
  let bytes = 0;
  const add = (entries: SourceEntry[]) => {
    for (const entry of entries) {
      if (seen.has(entry.name)) continue;
      seen.add(entry.name);
      ready.push(entry);
    }
    if (seen.size > INDEX_ENTRIES_MAX)
      throw new LimitError(`the index has more than ${INDEX_ENTRIES_MAX} entries`);
  };
  for await (const chunk of answer.exchange.chunks()) {
    bytes += chunk.length;
    if (bytes > INDEX_BYTES_MAX) throw new LimitError(`the index has more than ${INDEX_BYTES_MAX} bytes`);
    add(parser.write(decoder.decode(chunk, { stream: true })));
    if (!parser.recognised && bytes > INDEX_HEAD_BYTES_MAX) return;
    for (; ready.length >= LIST_PAGE_ENTRIES; ready = ready.slice(LIST_PAGE_ENTRIES))
      yield ready.slice(0, LIST_PAGE_ENTRIES);
  }
  add([...parser.write(decoder.decode()), ...parser.end()]);
  for (; ready.length > 0; ready = ready.slice(LIST_PAGE_ENTRIES)) yield ready.slice(0, LIST_PAGE_ENTRIES);
}
