/** The sources of object stores pass the suite that every source passes. */

import { objectUrl } from "../../../../daemon/source/object-store/object-url.ts";
import { fixedContent } from "../../../origin/content.ts";
import { sourceSuite } from "../../../suites/source-suite.ts";
import { StoreLab, VENDORS } from "./store-lab.ts";

for (const vendor of VENDORS)
  sourceSuite(vendor, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    const { objects } = lab.server;
    return {
      source: lab.source,
      url: (path) => objectUrl(lab.scheme, { bucket: "bucket", key: path }),
      put: async (path, bytes) => void objects.put("bucket", path, fixedContent(bytes)),
      remove: async (path) => objects.delete("bucket", path),
      request: { objectStorage: lab.storage },
    };
  });
