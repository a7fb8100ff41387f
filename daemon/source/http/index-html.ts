/**
 * Entries of an HTML index page, taken as the page comes in. A page counts as an index only if it says so the way nginx, Apache,
 * lighttpd, Python, npm's servers or Go do; links of other pages are nobody's files.
 */
import { Parser } from "htmlparser2";
import { LimitError } from "../../../base/errors.ts";
import { INDEX_TAGLESS_CHARACTERS_MAX, INDEX_TEXT_CHARACTERS_MAX } from "../../../base/limits.ts";
import type { SourceEntry } from "../source.ts";
import { type IndexFolder, type IndexLink, linkedEntry, parseRow } from "./index-link.ts";

/** Parses an index as its text arrives. */
export interface IndexParser {
  /** True once the page has shown to be an index. */
  readonly recognised: boolean;
  /** @returns entries that are complete now. @throws LimitError when the page cannot be held */
  write(text: string): SourceEntry[];
  /** @returns the last entries */
  end(): SourceEntry[];
}

/** How index pages call themselves in their title or first heading. */
const HEADING = /^\s*(?:index of|directory listing (?:for|of)|listing (?:for|of)|files within)(?:\s|$)/i;
/** What may stand before the list of Go's file server, which has no title. */
const BEFORE_BARE_LIST = new Set(["!doctype", "html", "head", "meta", "body"]);
/** Elements whose end closes the text beside a link. */
const ROW_ELEMENTS = new Set(["tr", "li", "pre", "table", "ul"]);

export class HtmlIndex implements IndexParser {
  readonly #folder: IndexFolder;
  readonly #parser: Parser;
  #recognised = false;
  /** The text of the title or heading that is open. */
  #heading: string | undefined;
  /** True while only what BEFORE_BARE_LIST names was seen. */
  #bare = true;
  /** Inside Go's list: links after it are none of it. */
  #bareListDepth: "none" | "inside" | "after" = "none";
  /** Sort links are Apache's, whose times are in an unknown zone. */
  #sorts = false;
  #link: IndexLink | undefined;
  #insideLink = false;
  /** Text after the link, up to the next. */
  #row = "";
  /** Complete, but the next link may be to the same and know more. */
  #last: SourceEntry | undefined;
  #found: SourceEntry[] = [];
  #tagless = 0;

  constructor(folder: IndexFolder) {
    this.#folder = folder;
    this.#parser = new Parser({
      onopentag: (name, attributes) => this.#open(name, attributes.href),
      ontext: (text) => this.#text(text),
      onclosetag: (name) => this.#close(name),
    });
  }

  get recognised(): boolean {
    return this.#recognised;
  }

  write(text: string): SourceEntry[] {
    this.#tagless += text.length;
    this.#parser.write(text);
    if (this.#tagless > INDEX_TAGLESS_CHARACTERS_MAX)
      throw new LimitError("the index page has an element that does not end");
    return this.#take();
  }

  end(): SourceEntry[] {
    this.#parser.end();
    this.#finishRow();
    if (this.#last !== undefined) this.#found.push(this.#last);
    this.#last = undefined;
    return this.#take();
  }

  #take(): SourceEntry[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #open(name: string, href: string | undefined): void {
    this.#tagless = 0;
    if (name === "title" || name === "h1") this.#heading = "";
    if (name === "pre" && this.#bare && !this.#recognised) {
      this.#recognised = true;
      this.#bareListDepth = "inside";
    }
    if (!BEFORE_BARE_LIST.has(name)) this.#bare = false;
    if (name === "a") this.#openLink(href);
    else if (this.#link !== undefined && !this.#insideLink) this.#row += " ";
  }

  #openLink(href: string | undefined): void {
    this.#finishRow();
    if (!this.#recognised || href === undefined || this.#bareListDepth === "after") return;
    if (/^\?C=[NMSD][;&]O=[AD]$/i.test(href)) this.#sorts = true;
    this.#link = linkedEntry(href, this.#folder);
    this.#insideLink = true;
  }

  #text(text: string): void {
    if (this.#heading !== undefined) {
      this.#heading = (this.#heading + text).slice(0, INDEX_TEXT_CHARACTERS_MAX);
      return;
    }
    if (text.trim() !== "") this.#noteWords();
    if (this.#link !== undefined && !this.#insideLink && this.#row.length < INDEX_TEXT_CHARACTERS_MAX)
      this.#row += text.slice(0, INDEX_TEXT_CHARACTERS_MAX);
  }

  /** Words stand neither before a bare list nor in it, but for its links. */
  #noteWords(): void {
    this.#bare = false;
    if (this.#bareListDepth !== "inside" || this.#insideLink) return;
    this.#bareListDepth = "after";
    this.#recognised = this.#last !== undefined || this.#link !== undefined;
  }

  #close(name: string): void {
    this.#tagless = 0;
    if (name === "a") this.#insideLink = false;
    else if ((name === "title" || name === "h1") && this.#heading !== undefined) {
      if (HEADING.test(this.#heading)) this.#recognised = true;
      this.#heading = undefined;
    } else if (ROW_ELEMENTS.has(name)) this.#finishRow();
    else if (this.#link !== undefined) this.#row += " ";
    if (name === "pre" && this.#bareListDepth === "inside") this.#bareListDepth = "after";
  }

  #finishRow(): void {
    const link = this.#link;
    const row = this.#row;
    this.#link = undefined;
    this.#insideLink = false;
    this.#row = "";
    if (link === undefined) return;
    const { length, modifiedAtMs } = parseRow(row);
    const entry: SourceEntry = {
      ...link,
      length: link.kind === "file" ? length : undefined,
      modifiedAtMs: this.#sorts ? undefined : modifiedAtMs,
      etag: undefined,
    };
    // Icons are often links of their own to the same entry; the second of the pair has the text beside it.
    if (this.#last?.name !== entry.name) {
      if (this.#last !== undefined) this.#found.push(this.#last);
      this.#last = entry;
    } else if (this.#last.length === undefined) this.#last = entry;
  }
}
