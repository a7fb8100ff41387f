/** The boot id. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readBootId } from "../../../daemon/storage/boot-id.ts";

test("the boot id is the same all through a boot where the kernel has one", async (t) => {
  if (process.platform !== "linux")
    return t.skip("only Linux has a boot id; elsewhere every start is a new boot");
  const bootId = await readBootId();
  assert.match(bootId, /^[0-9a-f-]{36}$/);
  assert.equal(await readBootId(), bootId);
});
