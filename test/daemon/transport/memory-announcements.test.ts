/** The parents in memory keep the port's promises. */
import { FakeClock } from "../../../base/clock.ts";
import { UnavailableError } from "../../../base/errors.ts";
import { PARENT_SILENCE_MS } from "../../../base/limits.ts";
import { MemoryAnnouncements } from "../../../daemon/transport/memory-announcements.ts";
import { until } from "../../base/promises.ts";
import { announcementsSuite } from "../../suites/announcements-suite.ts";

announcementsSuite("announcements in memory", async () => {
  const clock = new FakeClock();
  const announcements = new MemoryAnnouncements(clock);
  let parents = 0;
  return {
    announcements,
    async parent(taskId) {
      const peerId = `parent-${parents++}`;
      const parent = announcements.parent(peerId, taskId);
      return {
        address: { peerId, ip: "10.0.0.1", uploadPort: 4000 },
        heardBy: (count) => until(() => parent.listenerCount === count),
        announce: (piece) => parent.announce(piece),
        end: () => parent.end(),
        breakOff: () => parent.fail(new UnavailableError("the parent is gone")),
      };
    },
    passSilence: () => clock.advance(PARENT_SILENCE_MS + 1),
    close: async () => {},
  };
});
