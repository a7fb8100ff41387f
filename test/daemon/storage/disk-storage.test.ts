/** The storage on a disk keeps the contract. */
import { storageSuite } from "../../suites/storage-suite.ts";
import { diskFixture } from "./disk-fixture.ts";

storageSuite(
  "disk storage",
  async (t, options) => (await diskFixture(t, options)).storage,
  async (storage) => diskFixture.restart(storage),
);
