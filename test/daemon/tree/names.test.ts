/** Names of the mount to URLs and keys and back. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { originOfHostName } from "../../../daemon/tree/host-name.ts";
import { nodeOf, pathOf } from "../../../daemon/tree/node-key.ts";
import { keyTextOfName, nameOfKeyText } from "../../../daemon/tree/object-name.ts";
import {
  hasExtension,
  isHtmlName,
  nameOfDecoded,
  nameOfUrlText,
  splitFileMark,
  urlTextOfName,
} from "../../../daemon/tree/url-name.ts";
import { seededRandom } from "../../base/seeded-random.ts";

describe("a name below /http", () => {
  const spelled: [name: string, url: string][] = [
    ["model.bin", "model.bin"],
    ["a b.bin", "a%20b.bin"],
    ["größe", "gr%C3%B6%C3%9Fe"],
    ["#1", "%231"],
    ["what?.txt", "what%3F.txt"],
    ["back\\slash", "back%5Cslash"],
    ["<{|}>", "%3C%7B%7C%7D%3E"],
    ["a+b,c;d=e&f@g:h!i$j'k(l)m*n~o", "a+b,c;d=e&f@g:h!i$j'k(l)m*n~o"],
    ["line\nbreak", "line%0Abreak"],
  ];
  test("is percent-encoded where a URL wants it, and otherwise stands for itself", () => {
    for (const [name, url] of spelled) assert.equal(urlTextOfName(name), url);
  });

  const escaped: [name: string, url: string][] = [
    ["get%3Ffile=model.bin&v=2", "get?file=model.bin&v=2"],
    ["a%2Fb", "a/b"],
    ["a%2fb", "a/b"],
    ["a%2520b", "a%20b"],
    ["group%252Fproject", "group%2Fproject"],
    ["100%25", "100%25"],
    ["100%25.bin", "100%25.bin"],
    ["100%", "100%25"],
    ["100%.bin", "100%25.bin"],
    ["a%20b", "a%20b"],
    ["a%23b", "a%23b"],
    ["%FF", "%FF"],
  ];
  test("has %3F, %2F and %25 for ?, / and % of the URL, and other escapes are the URL's own", () => {
    for (const [name, url] of escaped) assert.equal(urlTextOfName(name), url, name);
  });

  test("that no URL can hold is none", () => {
    for (const name of ["%2e", "%2E%2e", ".%2e", "a%2F..%2Fb", "\ud800"])
      assert.equal(urlTextOfName(name), undefined);
  });

  test("keeps a query's dots, which are no path", () => {
    assert.equal(urlTextOfName("get%3Fpath=..%2F.."), "get?path=../..");
  });

  test("survives the way through a URL, whatever a thing is called", () => {
    const random = seededRandom("decoded names");
    const alphabet = [
      "a",
      "F",
      "2",
      "5",
      "3",
      "%",
      "/",
      "?",
      "#",
      "@",
      "file",
      "@file",
      " ",
      "\u007f",
      "\n",
      "é",
      "日",
      "😀",
      ".",
      "\\",
      "+",
    ];
    for (let round = 0; round < 20_000; round += 1) {
      const length = 1 + random.below(8);
      const thing = Array.from({ length }, () => random.pick(alphabet)).join("");
      if (/^\.{1,2}$/.test(thing)) continue;
      const name = nameOfDecoded(thing);
      assert.ok(!name.includes("/"), `${thing} became ${name}`);
      assert.equal(splitFileMark(name).file, false, `${thing} became ${name}`);
      const text = urlTextOfName(name);
      assert.ok(text !== undefined && !/[/?#]/.test(text), `${thing} → ${name} → ${text}`);
      assert.equal(decodeURIComponent(text), thing, `${thing} → ${name} → ${text}`);
      assert.equal(nameOfUrlText(text), name, `${thing} → ${name} → ${text}`);
    }
  });

  test("made of a URL's component names the same resource again", () => {
    const random = seededRandom("URL components");
    const alphabet = [
      "a",
      "%20",
      "%25",
      "%2F",
      "%3F",
      "%2f",
      "%C3%A9",
      "%FF",
      "%0A",
      "?",
      "=",
      "&",
      "%26",
      "@file",
      "%40file",
      "2",
      "5",
      "+",
      "%2B",
    ];
    const meaning = (text: string) =>
      text.replace(/%(?!3F|2F|0A|FF)([0-9A-F]{2})/gi, (token) => {
        try {
          return decodeURIComponent(token) === "%" ? "%25" : decodeURIComponent(token);
        } catch {
          return token.toUpperCase();
        }
      });
    for (let round = 0; round < 20_000; round += 1) {
      const length = 1 + random.below(7);
      const text = Array.from({ length }, () => random.pick(alphabet)).join("");
      const name = nameOfUrlText(text);
      assert.ok(!name.includes("/"));
      const again = urlTextOfName(name);
      assert.ok(again !== undefined);
      assert.equal(meaning(again).toUpperCase(), meaning(text).toUpperCase(), `${text} → ${name} → ${again}`);
    }
  });

  test("with @file at its end asks for the thing itself, and a thing called so is written with %40", () => {
    assert.deepEqual(splitFileMark("download@file"), { base: "download", file: true });
    assert.deepEqual(splitFileMark("me@file.org"), { base: "me@file.org", file: false });
    assert.equal(nameOfDecoded("x@file"), "x%40file");
    assert.equal(urlTextOfName("x%40file"), "x%40file");
  });

  test("has an extension when a dot and 1 to 12 letters or digits end it, the first a letter", () => {
    for (const name of [
      "a.b",
      "model.safetensors",
      ".git",
      "x.tar.gz",
      "a.b2",
      "m.bin%3Fsig=1",
      "get%3Fx=m.bin",
    ])
      assert.equal(hasExtension(name), true, name);
    for (const name of ["README", "v1.2", "a.", "a.b-c", "x.abcdefghijklm", "a.bin_", "1.5", "get%3Fx=1"])
      assert.equal(hasExtension(name), false, name);
  });

  test("of a page ends in .html or .htm", () => {
    for (const name of ["index.html", "A.HTM", "page.html%3Fx=1"]) assert.equal(isHtmlName(name), true, name);
    for (const name of ["html", "a.xhtml", "a.html5"]) assert.equal(isHtmlName(name), false, name);
  });
});

describe("a name of a host", () => {
  test("is a host name, an IPv4 address or an IPv6 address in brackets, with or without a port", () => {
    const origins: [string, string][] = [
      ["example.com", "http://example.com"],
      ["EXAMPLE.com", "http://example.com"],
      ["example.com:8080", "http://example.com:8080"],
      ["example.com:80", "http://example.com"],
      ["localhost", "http://localhost"],
      ["my_seed-1", "http://my_seed-1"],
      ["127.0.0.1:9000", "http://127.0.0.1:9000"],
      ["[::1]:8080", "http://[::1]:8080"],
      ["[2001:DB8::1]", "http://[2001:db8::1]"],
      ["bücher.example", "http://xn--bcher-kva.example"],
    ];
    for (const [name, origin] of origins) assert.equal(originOfHostName("http", name), origin, name);
    assert.equal(originOfHostName("https", "example.com:443"), "https://example.com");
    assert.equal(originOfHostName("https", "example.com:80"), "https://example.com:80");
  });

  test("is nothing else", () => {
    const bad = [
      "",
      ".",
      "..",
      ".git",
      "a..b",
      "-a",
      "a-",
      "a b",
      "a@b",
      "user:pw@host",
      "host:",
      "host:0",
      "host:080",
      "host:65536",
      "host:http",
      "::1",
      "[::1",
      "[::1]x",
      "[zz]",
      "1",
      "127.1",
      "0x7f.0.0.1",
      "256.1.1.1",
      "a%41",
      "a?b",
      "a#b",
      "a\\b",
      "a\nb",
      `${"a".repeat(64)}.com`,
      `${"abcdefg.".repeat(32)}com`,
      "host@file",
      "*",
      "\ud800",
    ];
    for (const name of bad) assert.equal(originOfHostName("http", name), undefined, JSON.stringify(name));
  });
});

describe("a name below a bucket", () => {
  test("has %2F, %25 and %40 for /, % and @ of the key, and is the key itself otherwise", () => {
    const spelled: [name: string, key: string][] = [
      ["a b", "a b"],
      ["100%", "100%"],
      ["a%20b", "a%20b"],
      ["what?#", "what?#"],
      ["a%252Fb", "a%2Fb"],
      ["a%2Fb", "a/b"],
      ["x%40file", "x@file"],
    ];
    for (const [name, key] of spelled) assert.equal(keyTextOfName(name), key, name);
    assert.equal(nameOfKeyText("a%2Fb"), "a%252Fb");
    assert.equal(nameOfKeyText("a%20b"), "a%20b");
  });

  test("gives the key back, whatever it is", () => {
    const random = seededRandom("keys");
    const alphabet = [
      "a",
      "%",
      "2",
      "F",
      "f",
      "5",
      "4",
      "0",
      "/",
      "?",
      "#",
      "@",
      "@file",
      " ",
      "é",
      "\\",
      "\n",
      ".",
    ];
    for (let round = 0; round < 20_000; round += 1) {
      const length = 1 + random.below(9);
      const key = Array.from({ length }, () => random.pick(alphabet)).join("");
      const name = nameOfKeyText(key);
      assert.ok(!name.includes("/"));
      assert.equal(splitFileMark(name).file, false);
      assert.equal(keyTextOfName(name), key, `${key} → ${name}`);
    }
  });
});

test("a node's key is its path, with a slash at the end of directories", () => {
  assert.deepEqual(nodeOf([], "directory"), { key: "/", kind: "directory" });
  assert.deepEqual(nodeOf(["http", "h", "a"], "directory"), { key: "/http/h/a/", kind: "directory" });
  assert.deepEqual(pathOf(nodeOf(["http", "h", "a"], "file")), ["http", "h", "a"]);
  assert.deepEqual(pathOf(nodeOf([], "directory")), []);
});
