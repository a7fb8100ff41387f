/** Tokens: what is written is read again, what is not whole is refused, and the issuer's clock alone judges. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatToken,
  judgeToken,
  makeToken,
  parseToken,
  TOKEN_RANDOM_BYTES,
} from "../../../daemon/membership/token.ts";
import { seededRandom } from "../../base/seeded-random.ts";

const random = seededRandom("tokens");
const times = { nowMs: 1_000_000, lifeMs: 60_000 };
const bytes = (count: number) => Buffer.from(random.bytes(count));
const newToken = () => makeToken(bytes(TOKEN_RANDOM_BYTES), bytes(32), times);

test("a token is one word that a shell takes as it is, and is read again as it was", () => {
  for (let time = 0; time < 200; time++) {
    const { token } = newToken();
    const text = formatToken(token);
    assert.match(text, /^p2pfs1-[A-Za-z0-9_-]+$/);
    assert.deepEqual(parseToken(` ${text}\n`), token);
  }
});

test("one that was cut, mistyped or never was one is refused without a word of it", () => {
  const text = formatToken(newToken().token);
  const swapped = text.slice(0, 20) + (text[20] === "A" ? "B" : "A") + text.slice(21);
  for (const wrong of [
    text.slice(0, -1),
    text.slice(0, 30),
    `${text}AAAA`,
    swapped,
    "",
    "p2pfs1-",
    "hunter2",
  ])
    assert.throws(
      () => parseToken(wrong),
      ({ code, message }: { code: string; message: string }) =>
        code === "INVALID_ARGUMENT" && (wrong.length < 8 || !message.includes(wrong.slice(8))),
    );
});

test("what the issuer keeps lets nobody in, and a token is good until its time is over", () => {
  const { token, record } = newToken();
  const other = newToken();
  const records = [other.record, record];
  assert.ok(!JSON.stringify(record).includes(token.secret.toString("hex")));
  assert.equal(judgeToken(records, token, times.nowMs).verdict, "good");
  assert.equal(judgeToken(records, token, times.nowMs + times.lifeMs - 1).verdict, "good");
  assert.equal(judgeToken(records, token, times.nowMs + times.lifeMs).verdict, "expired");
  assert.equal(judgeToken([other.record], token, times.nowMs).verdict, "unknown");
  assert.equal(
    judgeToken(records, { id: token.id, secret: other.token.secret }, times.nowMs).verdict,
    "unknown",
  );
  const kept = Buffer.from(record.secretSha256, "hex");
  assert.equal(judgeToken(records, { id: token.id, secret: kept }, times.nowMs).verdict, "unknown");
  for (const secret of [Buffer.alloc(0), Buffer.alloc(1_000)])
    assert.equal(judgeToken(records, { id: token.id, secret }, times.nowMs).verdict, "unknown");
});
