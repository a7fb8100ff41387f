/** Index pages of many servers, cut into pieces anywhere, become entries; links that are no entries do not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { INDEX_ENTRY_CHARACTERS_MAX, INDEX_TAGLESS_CHARACTERS_MAX } from "../../../../base/limits.ts";
import { HtmlIndex, type IndexParser } from "../../../../daemon/source/http/index-html.ts";
import { JsonIndex } from "../../../../daemon/source/http/index-json.ts";
import { folderUrl, linkedEntry, namedEntry, parseRow } from "../../../../daemon/source/http/index-link.ts";
import type { SourceEntry } from "../../../../daemon/source/source.ts";
import { seededRandom } from "../../../base/seeded-random.ts";
import * as pages from "./index-pages.ts";

const BASE = "http://files.example/pub/models/";
const folder = { page: new URL(BASE), asked: new URL(BASE) };
const at = (minute: string) => Date.parse(`${minute}Z`);

function entriesOf(parser: IndexParser, chunks: Iterable<string>): SourceEntry[] {
  const found: SourceEntry[] = [];
  for (const chunk of chunks) found.push(...parser.write(chunk));
  return [...found, ...parser.end()];
}

/** What a page says, as short lines: "name kind length". */
function lines(entries: readonly SourceEntry[]): string[] {
  return entries.map(({ name, kind, length }) => `${name} ${kind} ${length ?? "?"}`);
}

const HTML_PAGES: [string, string, string[]][] = [
  [
    "Apache's, fancy",
    pages.APACHE_FANCY,
    ["shards directory ?", "model.safetensors file ?", "read me #1?.txt file 512", 'a&b "c".bin file 0'],
  ],
  [
    "Apache's, as a table with icons that are links",
    pages.APACHE_TABLE,
    ["shards directory ?", "config.json file 570", "model.bin file ?"],
  ],
  ["Apache's, plain", pages.APACHE_PLAIN, ["odd:name.bin file ?", "shards directory ?"]],
  [
    "nginx's",
    pages.NGINX,
    [
      "shards directory ?",
      "a-very-long-name-of-a-model-that-does-not-fit-into-the-column.bin file 5368709120",
      "wörld & co.bin file 0",
    ],
  ],
  [
    "nginx's, with rounded sizes",
    pages.NGINX_ROUNDED,
    [
      "shards directory ?",
      "a-very-long-name-of-a-model-that-does-not-fit-into-the-column.bin file ?",
      "wörld & co.bin file 12",
    ],
  ],
  ["Python's", pages.PYTHON, ["a b.bin file ?", "link.bin file ?", "shards directory ?"]],
  ["lighttpd's", pages.LIGHTTPD, ["shards directory ?", "model.bin file ?"]],
  ["Go's", pages.GO, ["model.bin file ?", "shards directory ?"]],
];

describe("index pages", () => {
  for (const [name, page, expected] of HTML_PAGES) {
    test(`${name} are read, wherever the page is cut`, () => {
      assert.deepEqual(lines(entriesOf(new HtmlIndex(folder), [page])), expected);
      assert.deepEqual(lines(entriesOf(new HtmlIndex(folder), page)), expected, "character by character");
      const random = seededRandom(name);
      const chunks = function* () {
        for (let from = 0; from < page.length; ) {
          const to = from + 1 + random.below(200);
          yield page.slice(from, to);
          from = to;
        }
      };
      assert.deepEqual(lines(entriesOf(new HtmlIndex(folder), chunks())), expected, "cut at random");
    });
  }

  test("nginx's tell the time to the minute; Apache's zone is not known, so its times are not told", () => {
    const nginx = entriesOf(new HtmlIndex(folder), [pages.NGINX]);
    assert.deepEqual(
      nginx.map(({ modifiedAtMs }) => modifiedAtMs),
      [at("2024-01-02T03:04"), at("2024-02-29T23:59"), at("2024-01-02T03:05")],
    );
    for (const page of [pages.APACHE_FANCY, pages.APACHE_TABLE])
      for (const { modifiedAtMs } of entriesOf(new HtmlIndex(folder), [page]))
        assert.equal(modifiedAtMs, undefined);
  });

  test("of Apache as old as its nginx-like times tell no times either", () => {
    const old = pages.APACHE_FANCY.replaceAll("2024-01-02 03:05", "02-Jan-2024 03:05");
    for (const { modifiedAtMs } of entriesOf(new HtmlIndex(folder), [old]))
      assert.equal(modifiedAtMs, undefined);
  });

  test("entries have URLs below the folder that was asked for", () => {
    const [, model] = entriesOf(new HtmlIndex(folder), [pages.APACHE_FANCY]);
    assert.equal(model?.url, `${BASE}model.safetensors`);
    const moved = {
      page: new URL("http://mirror.example/v2/"),
      asked: new URL("http://me:word@files.example/latest/"),
    };
    const [file, directory] = entriesOf(new HtmlIndex(moved), [pages.GO]);
    assert.equal(file?.url, "http://files.example/latest/model.bin");
    assert.equal(directory?.url, "http://files.example/latest/shards/");
  });

  test("pages that are no index have no entries, whatever they link to", () => {
    for (const page of [
      pages.WEB_SITE,
      "<pre>words first <a href='model.bin'>model.bin</a></pre>",
      "<p></p><pre><a href='model.bin'>model.bin</a></pre>",
      "<title>Indexing</title><a href='model.bin'>x</a>",
      "",
    ]) {
      const parser = new HtmlIndex(folder);
      assert.deepEqual(entriesOf(parser, [page]), []);
      assert.equal(parser.recognised, false);
    }
  });

  test("links after the list of a bare index are none of it", () => {
    const page = `${pages.GO}<a href="banner">x</a>`;
    assert.equal(entriesOf(new HtmlIndex(folder), [page]).length, 2);
  });

  test("a page with an element that does not end is TOO_MANY, and not kept", () => {
    const parser = new HtmlIndex(folder);
    parser.write('<title>Index of /</title><a href="');
    assert.throws(
      () => {
        for (let written = 0; written <= INDEX_TAGLESS_CHARACTERS_MAX; written += 65_536)
          parser.write("x".repeat(65_536));
      },
      { code: "TOO_MANY" },
    );
  });
});

describe("JSON indexes", () => {
  test("of nginx and Caddy are read, wherever they are cut, with exact sizes and times", () => {
    const nginx = [
      ["shards", "directory", undefined, at("2024-01-02T03:04:05")],
      ['braces {"[\\.bin', "file", 5_368_709_120, at("2024-01-02T03:04:06")],
    ];
    const caddy = [
      ["shards", "directory", undefined, at("2024-01-02T03:04:05.5")],
      ["model.bin", "file", 1_234, at("2024-01-02T03:04:05")],
    ];
    for (const [page, expected] of [
      [pages.NGINX_JSON, nginx],
      [pages.CADDY_JSON, caddy],
    ] as const) {
      for (const chunks of [[page], page, [page.slice(0, 100), page.slice(100)]]) {
        const found = entriesOf(new JsonIndex(folder), chunks);
        assert.deepEqual(
          found.map(({ name, kind, length, modifiedAtMs }) => [name, kind, length, modifiedAtMs]),
          expected,
        );
      }
    }
    const [, braces] = entriesOf(new JsonIndex(folder), [pages.NGINX_JSON]);
    assert.equal(decodeURIComponent(new URL(braces?.url ?? "").pathname), '/pub/models/braces {"[\\.bin');
  });

  test("of anything else have no entries", () => {
    for (const page of [
      "{}",
      '{"name":"a","type":"file"}',
      '[{"id":1},{"name":"a","type":"file"}]',
      '[{"name":"a","type":"user"}]',
      '["a"]',
      "[]",
      "null",
      '[{"name":"a","type":"file"',
      '[{"name":"a" "type":"file"}]',
    ])
      assert.deepEqual(entriesOf(new JsonIndex(folder), [page]), [], page);
  });

  test("an entry that does not end is TOO_MANY", () => {
    const parser = new JsonIndex(folder);
    assert.throws(
      () => {
        parser.write('[{"name":"');
        for (let written = 0; written <= INDEX_ENTRY_CHARACTERS_MAX; written += 1_000)
          parser.write("x".repeat(1_000));
      },
      { code: "TOO_MANY" },
    );
  });
});

describe("links", () => {
  const name = (href: string) => linkedEntry(href, folder)?.name;

  test("of direct children are entries, however they are written", () => {
    const written: [string, string][] = [
      ["model.bin", "model.bin"],
      ["./model.bin", "model.bin"],
      ["/pub/models/model.bin", "model.bin"],
      ["http://files.example/pub/models/model.bin", "model.bin"],
      ["//files.example:80/pub/models/model.bin", "model.bin"],
      ["../models/model.bin", "model.bin"],
      ["two words", "two words"],
      ["100%25.bin", "100%.bin"],
      ["%2525", "%25"],
      ["q%3Fx%23y", "q?x#y"],
      ["w%C3%B6rld", "wörld"],
      ["wörld", "wörld"],
      ["%27%22%3C", "'\"<"],
      ["...", "..."],
      [".hidden", ".hidden"],
      ["%5C", "\\"],
      ["%252F", "%2F"],
    ];
    for (const [href, expected] of written) assert.equal(name(href), expected, href);
    assert.equal(linkedEntry("shards/", folder)?.kind, "directory");
    assert.equal(linkedEntry("shards", folder)?.kind, "file");
  });

  test("that lead elsewhere, or name what no file can be called, are none", () => {
    for (const href of [
      "",
      ".",
      "./",
      "..",
      "../",
      "%2e%2e",
      "%2E%2e/",
      "/",
      "/pub/models/",
      "/pub/models",
      "/pub/other",
      "a/b",
      "shards//",
      "//",
      "a%2Fb",
      "..%2f..%2fetc",
      "a\\b",
      "nul%00",
      "%E9",
      "%",
      "?C=N;O=D",
      "model.bin?raw=1",
      "model.bin#part",
      "#",
      "https://files.example/pub/models/model.bin",
      "http://files.example:8080/pub/models/model.bin",
      "http://other.example/pub/models/model.bin",
      "mailto:me@files.example",
      "javascript:void(0)",
      "http://[bad",
    ])
      assert.equal(name(href), undefined, href);
  });

  test("names told outside of links are encoded into URLs, or refused", () => {
    const told = namedEntry("q?x #%.bin", "file", folder);
    assert.equal(told?.url, `${BASE}q%3Fx%20%23%25.bin`);
    assert.equal(namedEntry("d", "directory", folder)?.url, `${BASE}d/`);
    for (const bad of ["", ".", "..", "a/b", "a\0b", "\ud800"])
      assert.equal(namedEntry(bad, "file", folder), undefined);
  });

  test("a folder's URL ends in a slash and has no query", () => {
    assert.equal(folderUrl(new URL("http://h/a?x=1#y")).href, "http://h/a/");
    assert.equal(folderUrl(new URL("http://h")).href, "http://h/");
  });

  test("text beside a link that is no size or time tells nothing", () => {
    const nothing = { length: undefined, modifiedAtMs: undefined };
    for (const text of ["", "-", "512", "yesterday 512", "02-Foo-2024 03:04 x", "2024-01-02 03:04 1.2K"])
      assert.deepEqual(parseRow(text), nothing, text);
    assert.deepEqual(parseRow("02-Foo-2024 03:04  7"), { length: 7, modifiedAtMs: undefined });
  });
});
