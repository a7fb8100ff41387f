/** What being in a cluster of our own changes in a host's configuration. Pure. */
import { InvalidInputError } from "../../base/errors.ts";
import type { Config, LoadedConfig } from "../config/config.ts";
import type { CertificatePaths } from "../tls/certificate-files.ts";
import type { MemberState } from "./member-state.ts";

/** @throws InvalidInputError INVALID_CONFIG that names the key by which the host is in another cluster already */
export function refuseOtherClusters(config: Config, clusterName: string): void {
  const { manager, scheduler, dynconfig, upload } = config;
  const problem = (words: string) => new InvalidInputError(words, {}, "INVALID_CONFIG");
  const others = {
    "manager.addr": manager.addr,
    "scheduler.addrs": scheduler.addrs[0],
    "dynconfig.path": dynconfig.path,
  };
  for (const [key, value] of Object.entries(others))
    if (value !== undefined)
      throw problem(
        `${key} names another cluster than ${clusterName}, and a host is in one: remove the key, or 'p2pfs leave' the cluster`,
      );
  const sections = {
    "upload.server": upload.server,
    "upload.client": upload.client,
    "embeddedScheduler.server": config.embeddedScheduler.server,
    scheduler,
    manager,
  };
  for (const [section, files] of Object.entries(sections))
    for (const key of ["caCert", "cert", "key"] as const)
      if (files[key] !== undefined)
        throw problem(
          `${section}.${key} names a certificate, and the cluster ${clusterName} has others for this host: remove the key`,
        );
}

/**
 * The configuration of a host in a cluster: its certificates everywhere, nothing in clear, and what its roles ask for.
 * @throws InvalidInputError INVALID_CONFIG when the configuration names another cluster
 */
export function withMembership(
  loaded: LoadedConfig,
  state: Pick<MemberState, "clusterName" | "roles">,
  paths: CertificatePaths,
): LoadedConfig {
  refuseOtherClusters(loaded.config, state.clusterName);
  const { upload, scheduler, storage, seedPeer, embeddedScheduler } = loaded.config;
  const config: Config = {
    ...loaded.config,
    upload: {
      ...upload,
      server: { ...upload.server, ...paths },
      client: { ...upload.client, ...paths },
    },
    scheduler: { ...scheduler, ...paths },
    storage: { ...storage, server: { ...storage.server, tls: "required" } },
    embeddedScheduler: {
      enable: state.roles.includes("scheduler"),
      server: { ...embeddedScheduler.server, ...paths },
    },
    seedPeer: { ...seedPeer, enable: seedPeer.enable || state.roles.includes("seed") },
  };
  return { ...loaded, config };
}
