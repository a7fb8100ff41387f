/**
 * Every bound of p2pfs, with its unit in the name and the reason above it. Each has a test that reaches it. Limits
 * that users set are config keys; their defaults stand here too when another limit depends on them.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

// --- grain of content -------------------------------------------------------------------------------------------

/** Bytes of a block: the grain at which content becomes readable. A task's last block is shorter. */
export const BLOCK_BYTES = 1 * MIB;
/** Smallest piece length, bytes; what dfget, dfcache and the proxy accept at least (Dragonfly). */
export const PIECE_BYTES_MIN = 4 * MIB;
/** Largest piece length, bytes (Dragonfly clamps to it; schedulers reject more). */
export const PIECE_BYTES_MAX = 64 * MIB;
/** Pieces a task aims at before its pieces grow (Dragonfly). */
export const PIECE_COUNT_AIM = 500;
/** Largest content length, bytes: 4 PiB keeps every offset an exact JavaScript number with room to add. */
export const CONTENT_BYTES_MAX = 4096 * 1024 * GIB;

// --- engine -----------------------------------------------------------------------------------------------------

/** Bytes that all fetches of the daemon may hold in buffers at once. One budget, whoever fetches. */
export const FETCH_BUFFER_BYTES_MAX = 64 * MIB;
/** Bytes one fetch gathers before it writes them to the content file: one block, so that a block is one write. */
export const FETCH_WRITE_BYTES = 1 * MIB;
/** Fetches that may wait for a block buffer: some rounds of DAEMON_FETCHES_MAX; more means that somebody forgot to bound them. */
export const BUFFER_WAITERS_MAX = 4_096;
/** GETs in flight for one task (Dragonfly's download.concurrentPieceCount). */
export const TASK_FETCHES_MAX = 8;
/** GETs in flight in the daemon: sockets, buffers and the origin's patience. */
export const DAEMON_FETCHES_MAX = 64;
/** Readers that may wait on one task; beyond it EAGAIN is better than an endless list. */
export const TASK_WAITERS_MAX = 65_536;
/** Tasks open at once; each holds two descriptors. */
export const OPEN_TASKS_MAX = 16_384;
/** Longest time a demand read may wait in all, ms: shorter than any kernel request timeout worth setting. */
export const READ_DEADLINE_MS = 60_000;
/** Attempts at one fetch beyond the first when the config names none (backend.maxRetries, Dragonfly: 1). */
export const FETCH_RETRIES_DEFAULT = 1;

// --- read-ahead -------------------------------------------------------------------------------------------------

/** Concurrent sequential streams remembered per inode. */
export const READ_STREAMS_PER_INODE = 16;
/** Forward gap that still counts as the same stream, bytes. */
export const READ_STREAM_FORWARD_BYTES = 16 * MIB;
/** Backward gap that still counts as the same stream, bytes. */
export const READ_STREAM_BACKWARD_BYTES = 1 * MIB;
/** Bytes all read-ahead windows of the mount may cover together. */
export const READ_AHEAD_BYTES_MAX = 1 * GIB;
/** Largest window of one stream, bytes. */
export const READ_AHEAD_WINDOW_BYTES_MAX = 256 * MIB;

// --- origins ----------------------------------------------------------------------------------------------------

/** Longest one question to an origin (stat, a listing page) may take with its retries, ms; below the read deadline. */
export const ORIGIN_ASK_DEADLINE_MS = 30_000;
/** How long a caller waits for an origin when a good older answer exists, ms: a dead origin must not slow `ls` by more. */
export const ORIGIN_STALE_WAIT_MS = 1_000;
/** How long an origin that failed is presumed down, ms: older answers are then given without waiting. */
export const ORIGIN_DOWN_MS = 5_000;
/** Origins remembered as down. */
export const ORIGINS_DOWN_MAX = 1_024;
/** Answers kept in memory per kind of question; about 1 KiB each. */
export const ORIGIN_ANSWERS_MAX = 32_768;

// --- fetches ----------------------------------------------------------------------------------------------------

/** Fetch slots beyond DAEMON_FETCHES_MAX that only a blocked reader may take. */
export const DEMAND_FETCHES_EXTRA = 32;
/** GETs in flight to one origin: a stalled origin must not hold every buffer. */
export const ORIGIN_FETCHES_MAX = 32;
/** First rest after a failed fetch, ms; doubles per attempt, ±25 % so that hosts do not return together. */
export const FETCH_REST_MS = 200;
/** Longest rest between attempts, ms. */
export const FETCH_REST_MS_MAX = 5_000;
/** A blocked reader whose block a running GET would bring only after this long, ms, gets a GET of its own. */
export const OVERTAKE_MS = 500;
/** A task nobody holds is closed after this long, ms: opens and closes come in bursts. */
export const TASK_LINGER_MS = 1_000;
/** Grain of deadlines and overtaking of blocked readers, ms: one timer per task instead of one per read. */
export const TASK_TICK_MS = 100;
/** Whole-file digests that may wait for the one worker. */
export const CONTENT_DIGESTS_WAITING_MAX = 1_024;

// --- object stores ----------------------------------------------------------------------------------------------

/** Longest object key, bytes of UTF-8: what S3 and OSS allow. */
export const OBJECT_KEY_BYTES_MAX = 1024;
/** Keys asked for in one page of a listing: the most either vendor gives. */
export const LIST_PAGE_KEYS = 1000;
/** Bytes of one page of a listing: 1000 keys of 1024 bytes, each percent-encoded, and what stands around them. */
export const LIST_PAGE_BYTES_MAX = 8 * MIB;
/** Pages of one listing, so that a store that never ends one cannot hold us: a hundred million keys. */
export const LIST_PAGES_MAX = 100_000;
/** Longest time a file of unknown length may take to come whole, ms. Readers wait for it within their own deadlines. */
export const STREAMED_FILE_DEADLINE_MS = 3_600_000;

// --- configuration ----------------------------------------------------------------------------------------------

/** Largest config file, bytes: a mistaken path must not be read for ever. */
export const CONFIG_BYTES_MAX = 1 * MIB;
/** What the aliases of a config file may stand for, in nodes: the yaml library's guard against aliases of aliases. */
export const CONFIG_ALIASES_MAX = 100;
/** Wrong keys named at once; more would scroll the first away. */
export const CONFIG_PROBLEMS_SHOWN_MAX = 10;
/** Roots a mount may have: each lookup compares its path with all of them. */
export const MOUNT_ROOTS_MAX = 1_024;
/** Longest wait for a connection to an origin unless the config says otherwise, ms. */
export const CONNECT_MS_DEFAULT = 5_000;
/** Longest wait for an origin's headers unless the config says otherwise, ms; below the read deadline with one retry. */
export const HEADERS_MS_DEFAULT = 15_000;
/** Longest silence within an answer's body unless the config says otherwise, ms. */
export const BODY_IDLE_MS_DEFAULT = 15_000;
/** Bytes of one log file of a detached daemon unless the config says otherwise. */
export const LOG_FILE_BYTES_DEFAULT = 16 * MIB;
/** Log files of a detached daemon that are kept unless the config says otherwise, the current one included. */
export const LOG_FILES_DEFAULT = 5;
