import { StandaloneScheduler } from "../../../daemon/scheduler/standalone.ts";
import { schedulerSuite } from "../../suites/scheduler-suite.ts";

schedulerSuite("the scheduler of a host by itself", async () => new StandaloneScheduler());
