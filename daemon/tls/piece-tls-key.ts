/** The header of a SyncPieces answer by which a parent of p2pfs says that pieces may be had in TLS at the port it names. */
export const PIECE_TLS_KEY = "p2pfs-piece-tls";
