/** The config file: every key, every error, who wins over whom. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { P2pfsError } from "../../../base/errors.ts";
import {
  CONFIG_BYTES_MAX,
  CONFIG_PROBLEMS_SHOWN_MAX,
  MOUNT_ROOTS_MAX,
  SCANNERS_MAX,
} from "../../../base/limits.ts";
import { environmentName, type LoadedConfig, loadConfig, showConfig } from "../../../daemon/config/config.ts";
import { configSchema } from "../../../daemon/config/schema.ts";
import { schemaKeys } from "../../../daemon/config/schema-walk.ts";
import { SYSTEM } from "../../../daemon/config/workhome.ts";
import { projectRoot } from "../../project-root.ts";

function load(text: string, environment: Record<string, string> = {}, flags = {}): LoadedConfig {
  return loadConfig({ file: { path: "f.yaml", text }, environment, flags, workhome: SYSTEM });
}

function messageOf(text: string, environment: Record<string, string> = {}): string {
  let message: string | undefined;
  try {
    load(text, environment);
  } catch (error) {
    assert.ok(error instanceof P2pfsError, String(error));
    assert.equal(error.code, "INVALID_CONFIG");
    assert.equal(error.exitStatus, 2);
    message = error.message;
  }
  assert.ok(message !== undefined, `this was taken for a valid config: ${text}`);
  return message;
}

/** What YAML text sets the key to a value that no kind of key takes: a map in a list. */
function wrongValueFor(path: string): string {
  const parts = path.split(".");
  return parts.reduceRight((inner, part) => {
    const list = part.endsWith("[]");
    const name = part.replace("[]", "");
    return list ? `{${name}: [${inner}]}` : `{${name}: ${inner}}`;
  }, "[{a: {}}]");
}

const KEYS = [...schemaKeys(configSchema)].map(({ path }) => path);

describe("the shipped example", () => {
  const example = readFileSync(join(projectRoot(), "dfdaemon.example.yaml"), "utf8");

  test("equals the defaults, without a warning", () => {
    const loaded = load(example);
    assert.deepEqual(loaded.config, load("").config);
    assert.deepEqual(loaded.warnings, []);
  });

  test("names every key: as it is where there is a default, commented out where there is none", () => {
    const values: unknown = parse(example);
    for (const { path, hasDefault } of schemaKeys(configSchema)) {
      const name = path.split(".").at(-1) ?? "";
      if (hasDefault || path === "storage.dir") {
        const value = path
          .split(".")
          .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], values);
        assert.notEqual(value, undefined, `${path} is in the example`);
      } else if (path !== "download.server.socketPath") {
        assert.match(example, new RegExp(`#\\s+(- )?${name}:`), `${path} is commented out in the example`);
      }
    }
  });

  test("with its comment signs taken away still holds only known keys and valid values", () => {
    const withoutSigns = example
      .replace("  roots: []\n", "")
      .replaceAll(/^( *)# ( *(?:- )?[A-Za-z-]+:.*)$/gm, "$1$2");
    const { config, warnings } = load(withoutSigns);
    assert.equal(config.mount.roots[0]?.accessKeySecret, "secret");
    assert.deepEqual(
      warnings.filter((warning) => !warning.endsWith("has no effect in this version.")),
      [],
    );
  });
});

describe("a wrong value", () => {
  for (const path of KEYS) {
    test(`of ${path} is an error that names the key`, () => {
      const message = messageOf(wrongValueFor(path));
      const pattern = path.replaceAll("[]", "[0]");
      assert.ok(message.includes(`f.yaml: ${pattern}`), `${message} names ${pattern}`);
      assert.match(message, /^f\.yaml: \S+ must be [^\n]+\.$/m);
    });
  }

  const cases: readonly (readonly [yaml: string, message: string])[] = [
    ["gc: 5", "f.yaml: gc must be a map of keys, not 5."],
    [
      "gc: {interval: 5}",
      "f.yaml: gc.interval must be a duration such as 5m or 200ms of at least 1000 ms, not 5.",
    ],
    [
      "gc: {interval: 5 parsecs}",
      'f.yaml: gc.interval must be a duration such as 5m or 200ms of at least 1000 ms, not "5 parsecs".',
    ],
    [
      "gc: {policy: {diskThreshold: 5 lots}}",
      'f.yaml: gc.policy.diskThreshold must be a size such as 10GiB or 64MiB, not "5 lots".',
    ],
    [
      "gc: {policy: {diskHighThresholdPercent: 100}}",
      "f.yaml: gc.policy.diskHighThresholdPercent must be a whole number from 1 to 99, not 100.",
    ],
    [
      "gc: {policy: {diskHighThresholdPercent: 50}}",
      "f.yaml: gc.policy.diskLowThresholdPercent must be below gc.policy.diskHighThresholdPercent.",
    ],
    [
      "metrics: {server: {port: 65536}}",
      "f.yaml: metrics.server.port must be a whole number from 0 to 65535, not 65536.",
    ],
    [
      "metrics: {server: {ip: localhost}}",
      'f.yaml: metrics.server.ip must be an IP address, not "localhost".',
    ],
    ["storage: {dir: here}", 'f.yaml: storage.dir must be an absolute path, not "here".'],
    ["storage: {keep: maybe}", 'f.yaml: storage.keep must be true or false, not "maybe".'],
    ["log: {level: loud}", 'f.yaml: log.level must be one of debug, info, warn, error, not "loud".'],
    [
      "guard: {allow: [10.0.0.0/33]}",
      'f.yaml: guard.allow[0] must be a block of addresses such as "10.0.0.0/8", not "10.0.0.0/33".',
    ],
    ["mount: {roots: {}}", "f.yaml: mount.roots must be a list."],
    ["mount: {roots: [{}]}", "f.yaml: mount.roots[0].path must be a text that is not empty."],
    [
      "mount: {roots: [{path: ftp}]}",
      'f.yaml: mount.roots[0].path must be http, https, oss or s3, alone or followed by /HOST or /BUCKET, not "ftp".',
    ],
    [
      "mount: {roots: [{path: oss}, {path: oss}]}",
      "f.yaml: mount.roots[1].path must differ from the other roots'.",
    ],
    [
      "mount: {roots: [{path: oss, mode: 0644}]}",
      'f.yaml: mount.roots[0].mode must be permission bits in quotes such as "0644", not 644.',
    ],
    ["proxy: {rules: [{regex: '('}]}", 'f.yaml: proxy.rules[0].regex must be a regular expression, not "(".'],
    [
      "backend: {requestHeader: {'a b': c}}",
      "f.yaml: backend.requestHeader must be a map of header names to texts.",
    ],
    ["a: [", "f.yaml, line 1: not valid YAML, "],
    ["[]", "f.yaml must be a map of keys at its top."],
  ];
  for (const [yaml, message] of cases) {
    test(`as in ${yaml} is told in one sentence`, () => {
      const told = messageOf(yaml);
      assert.ok(told.startsWith(message), told);
      assert.ok(!told.includes("\n"));
    });
  }

  test("is never printed where it could be a secret", () => {
    const message = messageOf(
      "mount: {roots: [{path: oss, accessKeySecret: 170859}]}\nproxy: {server: {basicAuth: {username: a, password: a secret of too many characters}}}",
    );
    assert.match(message, /mount\.roots\[0\]\.accessKeySecret must be/);
    assert.match(message, /proxy\.server\.basicAuth\.password must be a text of 1 to 20 characters/);
    assert.doesNotMatch(message, /170859|too many characters/);
  });

  test("is told together with the others, up to a bound", () => {
    const keys = KEYS.filter((path) => !path.includes("[]") && path.split(".").length === 2);
    assert.ok(keys.length > CONFIG_PROBLEMS_SHOWN_MAX);
    const yaml = [...new Set(keys.map((path) => path.split(".")[0]))].map((section) => {
      const names = keys.filter((path) => path.startsWith(`${section}.`)).map((path) => path.split(".")[1]);
      return `${section}: {${names.map((name) => `${name}: [{a: {}}]`).join(", ")}}`;
    });
    const lines = messageOf(yaml.join("\n")).split("\n");
    assert.equal(lines.length, CONFIG_PROBLEMS_SHOWN_MAX + 1);
    assert.match(lines.at(-1) ?? "", /^\d+ more keys are wrong\.$/);
  });

  test("of an environment variable is an error like one of the file", () => {
    assert.match(messageOf("", { DFDAEMON_GC_INTERVAL: "{" }), /gc\.interval must be a duration/);
  });

  test("is a file beyond the size limit", () => {
    assert.match(messageOf(`#${"x".repeat(CONFIG_BYTES_MAX)}`), /larger than a config file may be/);
  });

  test("is a list of more roots than the limit", () => {
    const roots = Array.from({ length: MOUNT_ROOTS_MAX + 1 }, (_, index) => `{path: oss/b${index}}`);
    assert.match(messageOf(`mount: {roots: [${roots.join(",")}]}`), /mount\.roots must be a shorter list\./);
  });

  test("is a list of more programs than are looked for", () => {
    const names = Array.from({ length: SCANNERS_MAX + 1 }, (_, index) => `p${index}`).join(",");
    assert.match(messageOf(`mount: {scanners: [${names}]}`), /mount\.scanners must be a shorter list\./);
  });

  test("is a file whose aliases multiply without end", () => {
    const levels = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level++) {
      const [name, below] = [String.fromCharCode(97 + level), String.fromCharCode(96 + level)];
      levels.push(`${name}: &${name} [${Array(9).fill(`*${below}`).join(", ")}]`);
    }
    assert.match(messageOf(levels.join("\n")), /f\.yaml.*alias/i);
  });
});

describe("a key", () => {
  test("that nobody knows gets one warning with its path, wherever it stands", () => {
    const { warnings } = load(
      "nonsense: {a: 1, b: 2}\ngc: {policy: {ttl: 1}}\nmount: {roots: [{path: oss, color: red}]}",
    );
    assert.deepEqual(warnings, [
      "f.yaml: nonsense is not a key that p2pfs knows; it is ignored.",
      "f.yaml: gc.policy.ttl is not a key that p2pfs knows; it is ignored.",
      "f.yaml: mount.roots[0].color is not a key that p2pfs knows; it is ignored.",
    ]);
  });

  test("without effect in this version gets one warning when it differs from its default", () => {
    const { warnings } = load(
      "upload: {server: {port: 4000}, disableShared: true}\ndownload: {server: {requestRateLimit: 7}}\nproxy: {rules: [{regex: a}, {regex: b}]}",
    );
    assert.deepEqual(warnings, [
      "f.yaml: download.server.requestRateLimit has no effect in this version.",
      "f.yaml: proxy.rules has no effect in this version.",
    ]);
  });

  test("that asks for pieces over QUIC is refused, with one sentence", () => {
    assert.throws(() => load("download: {protocol: quic}"), {
      code: "INVALID_CONFIG",
      message: "f.yaml: download.protocol must be tcp: pieces are fetched and served over TCP alone.",
    });
  });

  test("with nothing behind it means its default", () => {
    assert.deepEqual(load("gc:\nstorage:\n  dir:\n").config, load("").config);
  });

  test("is read under its old spelling too, and the new one wins", () => {
    const old = load(
      "gc: {policy: {distThreshold: 1GiB, distHighThresholdPercent: 90, distLowThresholdPercent: 70}}",
    );
    assert.deepEqual(old.warnings, []);
    assert.equal(old.config.gc.policy.diskThreshold, 1024 ** 3);
    assert.equal(old.config.gc.policy.diskHighThresholdPercent, 90);
    assert.equal(old.config.gc.policy.diskLowThresholdPercent, 70);
    const both = load("gc: {policy: {distThreshold: 1GiB, diskThreshold: 2GiB}}");
    assert.equal(both.config.gc.policy.diskThreshold, 2 * 1024 ** 3);
  });

  test("is set by a flag before the environment, by that before the file, and the default comes last", () => {
    const yaml = "log: {level: warn}";
    const environment = { DFDAEMON_LOG_LEVEL: "error" };
    assert.equal(load("").config.log.level, "info");
    assert.equal(load(yaml).config.log.level, "warn");
    assert.equal(load(yaml, environment).config.log.level, "error");
    assert.equal(load(yaml, environment, { "log.level": "debug" }).config.log.level, "debug");
  });

  test("has one variable of its own, and its text is read as in the file", () => {
    const names = KEYS.map(environmentName);
    assert.equal(new Set(names).size, names.length);
    const { config } = load("", {
      DFDAEMON_NETWORK_ENABLE_IPV6: "true",
      DFDAEMON_METRICS_SERVER_PORT: "0",
      DFDAEMON_HOST_HOSTNAME: "12",
      DFDAEMON_PROXY_REGISTRY_MIRROR_ENABLE_TASK_ID_BASED_BLOB_DIGEST: "true",
    });
    assert.equal(config.network.enableIPv6, true);
    assert.equal(config.metrics.server.port, 0);
    assert.equal(config.host.hostname, "12");
    assert.equal(config.proxy.registryMirror.enableTaskIDBasedBlobDigest, true);
  });
});

describe("a configuration", () => {
  test("is frozen to its depths", () => {
    const { config } = load("mount: {roots: [{path: oss}]}");
    assert.throws(() => Object.assign(config.gc.policy, { taskTTL: 1 }), TypeError);
    assert.throws(() => Object.assign(config.mount.roots[0] ?? {}, { path: "s3" }), TypeError);
  });

  test("has a digest that only its meaning changes", () => {
    const digest = (text: string) => load(text).digest;
    assert.equal(
      digest("gc: {interval: 5m}\nlog: {level: warn}"),
      digest("log:\n  level: warn # quiet\ngc:\n  interval: 5m\n"),
    );
    assert.notEqual(digest("gc: {interval: 5m}"), digest("gc: {interval: 6m}"));
  });

  test("is shown as a file that means the same, without its secrets", () => {
    const { config } = load(
      "mount: {roots: [{path: oss, accessKeyID: AKID, accessKeySecret: hidden1, securityToken: hidden2, mode: '0640'}]}\n" +
        "backend: {requestHeader: {Authorization: hidden3}}\ngc: {interval: 90s, policy: {diskThreshold: 1500MB}}",
    );
    const shown = showConfig(config);
    assert.doesNotMatch(shown, /hidden|AKID/);
    const back = load(shown.replace('requestHeader: "[secret]"', "requestHeader: {}")).config;
    assert.deepEqual(back.gc, config.gc);
    assert.equal(back.mount.roots[0]?.mode, 0o640);
    assert.equal(back.storage.dir, config.storage.dir);
  });

  test("knows which keys were set", () => {
    const { isSet } = load("metrics: {server: {port: 4002}}", { DFDAEMON_HEALTH_SERVER_PORT: "4003" });
    assert.equal(isSet("metrics.server.port"), true);
    assert.equal(isSet("health.server.port"), true);
    assert.equal(isSet("metrics.server.ip"), false);
  });
});

describe("vendors' variables", () => {
  const aws = {
    AWS_ACCESS_KEY_ID: "AK",
    AWS_SECRET_ACCESS_KEY: "SK",
    AWS_SESSION_TOKEN: "T",
    AWS_REGION: "eu-1",
  };
  const roots = (text: string, environment: Record<string, string>) =>
    load(text, environment).config.mount.roots;

  test("make a root of the whole scheme where the file has none", () => {
    assert.deepEqual(roots("", aws), [
      {
        path: "s3",
        anonymous: false,
        region: "eu-1",
        accessKeyID: "AK",
        accessKeySecret: "SK",
        securityToken: "T",
      },
    ]);
    assert.deepEqual(roots("", {}), []);
  });

  test("fill what a root leaves open and never replace what it says", () => {
    const [root] = roots("mount: {roots: [{path: s3, region: us-1}]}", {
      ...aws,
      AWS_ENDPOINT_URL: "http://s3",
    });
    assert.equal(root?.region, "us-1");
    assert.equal(root?.endpoint, "http://s3");
    assert.equal(root?.accessKeyID, "AK");
  });

  test("never complete half a pair of keys, nor a root that signs nothing", () => {
    const half = roots("mount: {roots: [{path: s3, accessKeyID: mine}]}", aws)[0];
    assert.equal(half?.accessKeyID, "mine");
    assert.equal(half?.accessKeySecret, undefined);
    assert.equal(half?.securityToken, undefined);
    const anonymous = roots("mount: {roots: [{path: s3, anonymous: true}]}", aws)[0];
    assert.equal(anonymous?.accessKeyID, undefined);
  });

  test("of OSS come from its own tools first, then from Alibaba Cloud's, a whole triple at a time", () => {
    const cloud = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: "CK",
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "CS",
      ALIBABA_CLOUD_SECURITY_TOKEN: "CT",
    };
    const [fromCloud] = roots("mount: {roots: [{path: oss/b}, {path: oss}]}", {
      ...cloud,
      OSS_ACCESS_KEY_ID: "half",
    });
    assert.equal(fromCloud?.accessKeyID, "CK");
    assert.equal(fromCloud?.securityToken, "CT");
    const own = { OSS_ACCESS_KEY_ID: "OK", OSS_ACCESS_KEY_SECRET: "OS" };
    const [fromOwn] = roots("mount: {roots: [{path: oss}]}", { ...cloud, ...own });
    assert.equal(fromOwn?.accessKeyID, "OK");
    assert.equal(fromOwn?.securityToken, undefined);
  });
});
