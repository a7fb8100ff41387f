/** By what a daemon of p2pfs is told from one of Dragonfly's where both would serve the same: a name its health service knows. */
export const OWN_HEALTH_NAME = "p2pfs";
