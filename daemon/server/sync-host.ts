/** SyncHost: tells a child, once a second, how busy this host's network is, until the child goes away. */
import type { Clock } from "../../base/clock.ts";
import { sleep } from "../../base/deadline.ts";
import { LimitError } from "../../base/errors.ts";
import { SYNC_HOST_MS, SYNCS_MAX } from "../../base/limits.ts";
import type { Host } from "../../proto/gen/common/v2/Host.ts";
import type { SyncHostRequest__Output } from "../../proto/gen/dfdaemon/v2/SyncHostRequest.ts";
import type { Send } from "./calls.ts";
import { checkName } from "./network-download.ts";
import type { NetworkFigures } from "./upload-ports.ts";

export interface HostSyncsOptions {
  readonly clock: Clock;
  /** Asked once a second for each child; whoever measures keeps the answer. */
  readonly network: () => Promise<NetworkFigures>;
}

export class HostSyncs {
  readonly #options: HostSyncsOptions;
  #running = 0;

  constructor(options: HostSyncsOptions) {
    this.#options = options;
  }

  /** Children that are told now. */
  get count(): number {
    return this.#running;
  }

  /** Serves one child until the signal aborts. @throws InvalidInputError, LimitError, the signal's reason */
  async serve(request: SyncHostRequest__Output, send: Send<Host>, signal: AbortSignal): Promise<void> {
    const { clock, network } = this.#options;
    checkName("host id", request.hostId);
    checkName("peer id", request.peerId);
    if (this.#running >= SYNCS_MAX)
      throw new LimitError(`more than ${SYNCS_MAX} peers watch; try again later`);
    this.#running += 1;
    try {
      for (;;) {
        await send(hostOf(await network()));
        await sleep(clock, SYNC_HOST_MS, signal);
      }
    } finally {
      this.#running -= 1;
    }
  }
}

/** As Dragonfly's peers send it: the network and nothing else. */
function hostOf({ maxReceiveRate, receiveRate, maxSendRate, sendRate }: NetworkFigures): Host {
  return {
    network: {
      maxRxBandwidth: maxReceiveRate,
      maxTxBandwidth: maxSendRate,
      ...(receiveRate === undefined ? {} : { rxBandwidth: receiveRate }),
      ...(sendRate === undefined ? {} : { txBandwidth: sendRate }),
    },
  };
}
