/** Durations and sizes as people write them, and where a daemon's own files lie. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatByteSize, parseByteSize } from "../../../daemon/config/byte-size.ts";
import { formatDuration, parseDurationMs } from "../../../daemon/config/duration.ts";
import { SYSTEM, workhomePaths } from "../../../daemon/config/workhome.ts";

describe("a duration", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["5m", 300_000],
    ["1h 30m", 5_400_000],
    ["1h30m", 5_400_000],
    ["200ms", 200],
    ["360 s", 360_000],
    ["2days", 172_800_000],
    ["1M", 2_630_016_000],
    ["1m", 60_000],
    ["0", 0],
    ["0s", 0],
    ["5", undefined],
    ["", undefined],
    ["-5s", undefined],
    ["1.5h", undefined],
    ["5 fortnights", undefined],
    ["999999999999y", undefined],
  ];
  for (const [text, ms] of cases)
    test(`${JSON.stringify(text)} is ${ms === undefined ? "none" : `${ms} ms`}`, () =>
      assert.equal(parseDurationMs(text), ms));

  test("is written so that it reads back the same", () => {
    for (const ms of [0, 1, 999, 1000, 1001, 90_000, 3_600_000, 86_400_000, 30 * 86_400_000])
      assert.equal(parseDurationMs(formatDuration(ms)), ms);
    assert.equal(formatDuration(7_200_000), "2h");
  });
});

describe("a size", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["10GiB", 10 * 1024 ** 3],
    ["50GB", 50e9],
    ["50G", 50e9],
    ["4mib", 4 * 1024 ** 2],
    ["4Mi", 4 * 1024 ** 2],
    ["1.5 KiB", 1536],
    ["4096", 4096],
    ["7b", 7],
    ["7ib", undefined],
    ["", undefined],
    ["-1", undefined],
    ["ten", undefined],
    ["9999999PiB", undefined],
  ];
  for (const [text, bytes] of cases)
    test(`${JSON.stringify(text)} is ${bytes === undefined ? "none" : `${bytes} bytes`}`, () =>
      assert.equal(parseByteSize(text), bytes));

  test("is written so that it reads back the same", () => {
    for (const bytes of [0, 1, 1023, 1024, 1000, 64 * 1024 ** 2, 50e9, 1024 ** 4 + 1])
      assert.equal(parseByteSize(formatByteSize(bytes)), bytes);
    assert.equal(formatByteSize(4 * 1024 ** 2), "4MiB");
  });
});

describe("a workhome", () => {
  test("holds everything of the daemon", () => {
    const paths = workhomePaths({ workhome: "/some/where/", uid: 0, environment: {} });
    assert.deepEqual(paths, {
      home: "/some/where",
      socketPath: "/some/where/dfdaemon.sock",
      pidPath: "/some/where/dfdaemon.pid",
      configPath: "/some/where/dfdaemon.yaml",
      storageDir: "/some/where/storage",
      logDir: "/some/where/logs",
      system: false,
    });
  });

  test("is the system's places for root and the XDG directories for others", () => {
    assert.equal(workhomePaths({ uid: 0, environment: { HOME: "/root" } }), SYSTEM);
    const plain = workhomePaths({ uid: 1000, environment: { HOME: "/home/a" } });
    assert.equal(plain.configPath, "/home/a/.config/p2pfs/dfdaemon.yaml");
    assert.equal(plain.storageDir, "/home/a/.local/share/p2pfs/storage");
    assert.equal(plain.logDir, "/home/a/.local/state/p2pfs/logs");
    assert.equal(plain.socketPath, "/home/a/.local/state/p2pfs/dfdaemon.sock");
    const own = workhomePaths({
      uid: 1000,
      environment: { HOME: "/home/a", XDG_RUNTIME_DIR: "/run/user/1000", XDG_CONFIG_HOME: "relative" },
    });
    assert.equal(own.socketPath, "/run/user/1000/p2pfs/dfdaemon.sock");
    assert.equal(own.configPath, "/home/a/.config/p2pfs/dfdaemon.yaml");
  });

  test("that cannot be told is an error that says what to give", () => {
    assert.throws(() => workhomePaths({ uid: 1000, environment: {} }), /give --workhome DIR/);
  });
});
