/** A long storm of messages no kernel sends, over a whole session. */
import { test } from "node:test";
import { addonMissing } from "./built-addon.ts";
import { stormOver } from "./storm-case.ts";

test(
  "20,000 messages no kernel sends leave a session that answers and holds nothing",
  {
    skip: addonMissing,
  },
  (t) => stormOver(t, "session storm", 20_000),
);
