/**
 * Every bound of p2pfs, with its unit in the name and the reason above it. Each is to have a test that reaches it. Limits
 * that users set are config keys; their defaults stand here too when another limit depends on them. One long file on
 * purpose: bounds depend on each other across the folders, and whoever asks "how much at most" looks in one place.
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
/** Fetches that may wait for a block buffer: some rounds of DAEMON_FETCHES_MAX; more means that somebody forgot to bound them. */
export const BUFFER_WAITERS_MAX = 4_096;
/** Buffers of each pool that keep their memory however long nobody needs them: a single reader finds it there. */
export const BUFFERS_KEPT = 4;
/** How long the others are not needed before their memory is given back, ms: longer than a pause between two files of a loader. */
export const BUFFERS_UNUSED_MS = 10_000;
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

// --- storage ----------------------------------------------------------------------------------------------------

/**
 * How long after its last use a task is never collected, ms: programs close and reopen what they are about to read (a loader
 * its shards, one after the other), and a task that is collected in between is fetched twice. As long as an idle peer lives.
 */
export const COLLECT_FRESH_MS = 60_000;
/** Tasks put in order for eviction at once; more are chosen in the next round. Bounds the pause that sorting makes. */
export const COLLECT_BATCH_MAX = 16_384;
/** Files of unknown length that may be streamed into the storage's folder at once; each holds a descriptor and has no bound of its own. */
export const TEMPORARY_FILES_MAX = 64;
/** Longest time a record, a piece's origin or a fact stays in memory only, ms: one write for what many fetches tell. */
export const METADATA_FLUSH_MS = 100;
/** Rest before a write of metadata that failed is tried again, ms: a full disk is full for seconds at least. */
export const METADATA_RETRY_MS = 1_000;
/** Entries that may wait for a disk that takes no metadata; facts beyond it are not kept, about 1 KiB each. */
export const METADATA_WAITING_MAX = 65_536;
/** Entries read from the metadata at once: bounds memory and the pause they make. */
export const METADATA_PAGE_MAX = 1_000;
/** Free bytes, beside the size of its logs, without which the metadata is not opened anew after a failed write. */
export const METADATA_OPEN_BYTES = 256 * KIB;
/**
 * Bytes set aside on the disk so that the metadata can still be opened and written when it is full: a write buffer of level
 * (4 MiB), a table made of it, and a log.
 */
export const METADATA_RESERVE_BYTES_MAX = 12 * MIB;
/** The reserve is at most this part of the room there is: it must not be what fills a small disk. */
export const METADATA_RESERVE_PART = 64;
/** Records of finished pieces kept in memory for each open task, some 200 bytes each: those of 2 GiB in pieces of 4 MiB. */
export const PIECE_RECORDS_KEPT_MAX = 512;
/** Bytes of a bitmap file written ahead when a task is made, so that setting bits needs no room later: all, up to 512 GiB of content. */
export const BITS_AHEAD_BYTES_MAX = 4 * MIB;
/** Time between rounds of upkeep (access times, counters, making idle tasks durable), ms. */
export const UPKEEP_MS = 60_000;
/** How long nothing of a task was written before upkeep makes it durable, ms: flushing what still grows would be done again. */
export const SYNC_IDLE_MS = 10_000;
/** Longest time close() makes tasks durable, ms. What is left is checked at its first opening after a restart of the machine. */
export const CLOSE_SYNC_MS = 5_000;
/** How long the disk's free space, once asked, is believed, ms. */
export const ROOM_AGE_MS = 1_000;
/** How long the size of the metadata is believed, ms: it changes slowly, and has a file per 2 MiB. */
export const METADATA_SIZE_AGE_MS = 30_000;
/** Bytes of a task id or of a fact's space: both become parts of keys and of file names (NAME_MAX is 255 with ".bits"). */
export const TASK_ID_BYTES_MAX = 200;

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
/**
 * Bytes a stream must have moved on before it counts as sequential: a header of a megabyte, with the kernel's own
 * read-ahead past it, still costs only the blocks it touches.
 */
export const READ_SEQUENTIAL_BYTES_MIN = BLOCK_BYTES + 256 * KIB;
/** A stream is sequential while it read at least one byte in so many of those it passed: scattered reads never get there. */
export const READ_STREAM_BYTES_PASSED_MAX = 16;
/** Time without a read after which a stream's window may be given to another when the budget is spent, ms. */
export const READ_STREAM_IDLE_MS = 5_000;

// --- origins ----------------------------------------------------------------------------------------------------

/** Longest one question to an origin (stat, a listing page) may take with its retries, ms; below the read deadline. */
export const ORIGIN_ASK_DEADLINE_MS = 30_000;
/** How long a caller waits for an origin when a good older answer exists, ms: a dead origin must not slow `ls` by more. */
export const ORIGIN_STALE_WAIT_MS = 1_000;
/** How long an origin that failed is presumed down, ms: older answers are then given without waiting. */
export const ORIGIN_DOWN_MS = 5_000;
/** How often an origin that is down is asked whether it is back, ms. */
export const ORIGIN_SCOUT_MS = 1_000;
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
/** How long nothing of a task is wanted before it is idle to other peers, ms: no child waits on a file that is half read. */
export const TASK_IDLE_MS = 60_000;
/** A task nobody holds is closed after this long, ms: opens and closes come in bursts. */
export const TASK_LINGER_MS = 1_000;
/** Grain of deadlines and overtaking of blocked readers, ms: one timer per task instead of one per read. */
export const TASK_TICK_MS = 100;
/** How long content that failed its digest is refused before the origin is tried again, ms. */
export const FAILED_CONTENT_MS = 60_000;
/** Bytes of a file of unknown length for which room is claimed at once, ahead of what comes; what comes while asking may pass it once. */
export const STREAMED_CLAIM_BYTES = 16 * MIB;
/** How long a block that came is kept for whoever asked for it to read it, ms, however little room there is. */
export const UNREAD_BLOCK_MS = 1_000;
/** Blocks of one task remembered as having come and not been read. */
export const ARRIVALS_KEPT_MAX = 4_096;
/** How long a fetch waits for room that others are about to leave before it is out of space, ms; well below READ_DEADLINE_MS. */
export const ROOM_WAIT_MS = 10_000;
/** How often it looks meanwhile, ms. */
export const ROOM_LOOK_MS = 20;
/** After so long it takes from other readers' windows, ms. */
export const ROOM_PATIENCE_MS = 500;
/** Bytes that are evicted beyond what is needed at the moment, at most: choosing looks through all open tasks. */
export const EVICTION_AHEAD_BYTES_MAX = 32 * MIB;
/** How long no task is looked for that could go as a whole, ms, when there was none: with a million tasks it takes a while. */
export const COLLECT_AGAIN_MS = 1_000;
/** Part of the room for cached content that files passed through to the kernel may hold together: they lose no pieces. */
export const PASSED_THROUGH_PART = 0.75;
/** Part of that room which windows of readers may cover together: what is fetched ahead must not push itself out. */
export const WINDOWS_ROOM_PART = 0.25;
/** How long after its last read a sequential reader is expected to go on, ms. */
export const READER_GOES_ON_MS = 60_000;
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
/** Stores and buckets whose region or clock is remembered; each costs one more request when forgotten. */
export const STORES_REMEMBERED_MAX = 1_024;
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
/** Largest table of mounts that is read, bytes: a host with 100,000 mounts has about 15 MiB. */
export const MOUNT_TABLE_BYTES_MAX = 64 * MIB;
/** Symbolic links followed in one path: the kernel's own bound (path_resolution(7)). */
export const SYMLINKS_MAX = 40;
/** Bytes copied at once from the cache to a user's file: large enough that calls do not count. */
export const COPY_CHUNK_BYTES = 1 * MIB;

// --- HTTP origins -----------------------------------------------------------------------------------------------

/** Questions (stat, listings) in flight to one origin: `find` over a tree must not look like an attack. */
export const ORIGIN_QUESTIONS_MAX = 16;
/** Questions that may wait for their turn at one origin; more get EAGAIN. */
export const ORIGIN_QUESTIONS_WAITING_MAX = 4_096;
/** Connections to one origin: every fetch of the daemon and every question has one, so that no GET queues behind a stuck one. */
export const ORIGIN_CONNECTIONS_MAX = DAEMON_FETCHES_MAX + DEMAND_FETCHES_EXTRA + ORIGIN_QUESTIONS_MAX;
/** How long an idle connection is kept when the origin names no time of its own, ms; below the 15 s and more of most servers. */
export const CONNECTION_IDLE_MS = 12_000;
/** How long an idle connection is kept at most, whatever the origin says, ms. */
export const CONNECTION_IDLE_MS_MAX = 60_000;
/** Origins remembered with the time of their last answer. */
export const ORIGINS_ANSWERED_MAX = 1_024;
/** Sets of connections kept apart because they trust other certificates or serve other askers. */
export const CONNECTION_SETS_MAX = 64;
/** TLS sessions remembered per set, so that the next connection needs no full handshake. */
export const TLS_SESSIONS_MAX = 256;
/** Longest attempt at one of several addresses of a name before the next is tried, ms. */
export const ADDRESS_ATTEMPT_MS = 1_000;
/** Buffer of a plain connection, bytes; there are three. A read of the kernel's socket buffer fits: fewer calls per GiB. */
export const SOCKET_READ_BYTES = 128 * KIB;
/** Buffer of a TLS connection, bytes; there are three. A TLS record is at most 16 KiB. */
export const TLS_READ_BYTES = 32 * KIB;
/** Reads shorter than this are copied out of the connection's buffer, bytes: the head of an answer may be kept in parts. */
export const SOCKET_COPY_BYTES = 16 * KIB;
/** Largest head of an answer, bytes. Not above SOCKET_COPY_BYTES: see there. */
export const ANSWER_HEAD_BYTES_MAX = 16 * KIB;
/** A body nobody wants is read to its end when it has no more bytes than this, so that the connection stays; else it is cut. */
export const UNWANTED_BODY_BYTES_MAX = 64 * KIB;
/** How long the rest of an unwanted body may take, ms. */
export const UNWANTED_BODY_MS_MAX = 2_000;
/** Redirects followed for one question (curl's and reqwest's bounds are 50 and 10). */
export const REDIRECTS_MAX = 10;
/** Redirects remembered (Dragonfly: 1000). */
export const REDIRECTS_KEPT_MAX = 1_000;
/** How long a temporary redirect is remembered unless the config says otherwise, ms (backend.cacheTemporaryRedirectTTL). */
export const TEMPORARY_REDIRECT_MS_DEFAULT = 600_000;
/** GETs sent anew at once because a kept connection turned out to be closed. */
export const STALE_CONNECTION_RETRIES = 2;
/** First rest before a question is asked again, ms; doubles, and each is shortened by up to half at random. */
export const QUESTION_REST_MS = 200;
/** Longest rest before a question is asked again, ms; a Retry-After beyond it is not waited for. */
export const QUESTION_REST_MS_MAX = 5_000;
/** A Last-Modified this close to now may yet stand for two versions (RFC 9110 §8.8.2.2: one second; the rest is clock skew), ms. */
export const LAST_MODIFIED_SETTLED_MS = 60_000;
/** Bytes of a page read to see whether it is an index; every known one says so in its first KiB. */
export const INDEX_HEAD_BYTES_MAX = 256 * KIB;
/** Largest index page, bytes. */
export const INDEX_BYTES_MAX = 64 * MIB;
/** Characters of an index page that may go by without a tag: an endless attribute or text would be kept whole. */
export const INDEX_TAGLESS_CHARACTERS_MAX = 1 * MIB;
/** Characters kept of a title, and of the text beside a link. */
export const INDEX_TEXT_CHARACTERS_MAX = 1_024;
/** Entries of one index page. */
export const INDEX_ENTRIES_MAX = 200_000;
/** Largest JSON object of one entry, characters. */
export const INDEX_ENTRY_CHARACTERS_MAX = 64 * KIB;
/** Entries handed on at once. */
export const LIST_PAGE_ENTRIES = 1_000;
/** Longest listing of one folder, ms, once it began; whoever takes its pages may be slow. */
export const LISTING_MS_MAX = 3_600_000;
/** Folders that wait to be listed in a recursive listing. */
export const LIST_FOLDERS_MAX = 100_000;
/** How deep a recursive listing goes: a server that makes up folders for ever must end somewhere. */
export const LIST_DEPTH_MAX = 64;

// --- names of hosts ---------------------------------------------------------------------------------------------

/** Names remembered with their addresses. */
export const HOST_NAMES_MAX = 1_000;
/** Shortest and longest time addresses are believed, ms, whatever their record says. */
export const HOST_TTL_MS_MIN = 5_000;
export const HOST_TTL_MS_MAX = 300_000;
/** How long "no such name" is believed, ms. */
export const HOST_NEGATIVE_MS = 2_000;
/** How long addresses serve beyond their time when no name server answers, ms. */
export const HOST_STALE_MS = 3_600_000;
/** Longest search for a name's addresses, ms. */
export const HOST_LOOKUP_MS = 10_000;
/** Wait for one name server's answer and tries per server. */
export const NAME_SERVER_MS = 2_000;
export const NAME_SERVER_TRIES = 2;
/** How long the addresses of one family wait for the other's, ms (RFC 8305 §3 proposes 50). */
export const OTHER_FAMILY_MS = 50;
/** How long /etc/hosts and /etc/resolv.conf are believed unread, ms. */
export const RESOLVER_FILES_MS = 5_000;
/** Calls of getaddrinfo at once: each holds a thread of libuv's pool. */
export const SYSTEM_LOOKUPS_MAX = 1;
/** Names that may wait for getaddrinfo. */
export const SYSTEM_LOOKUPS_WAITING_MAX = 256;

// --- names of the mount -----------------------------------------------------------------------------------------

/** Bytes of one name: FUSE_NAME_MAX of the kernel. */
export const NAME_BYTES_MAX = 1024;
/** Bytes of a URL that a path or a link names: what common servers still read as one request line. */
export const URL_BYTES_MAX = 8192;
/** Entries of all listings held in memory, about 250 bytes each; the least recently used listing goes first. */
export const LISTED_ENTRIES_MAX = 200_000;
/** How long one directory is gathered before its names are handed on as they come, unremembered, ms. */
export const LISTING_GATHER_MS = 10_000;
/** Names handed on at once by a listing. */
export const LISTING_PAGE_NAMES = 1000;
/** Entries in one record of a listing on disk: some 20 KiB, so that no write is a long one. */
export const KEPT_LISTING_PAGE_ENTRIES = 256;
/** Records of listings on disk, all directories together: two million names, some 200 MiB at most. */
export const KEPT_LISTING_PAGES_MAX = 8192;
/** Directories (and hosts) remembered on disk because something was found in them; about 100 bytes each. */
export const KNOWN_DIRECTORIES_MAX = 16_384;
/** Directories whose URL is remembered while names below them are looked up. */
export const DIRECTORY_URLS_MAX = 1024;
/** Names remembered in memory as directories that prove nothing, and files whose answer was seen. */
export const KNOWN_NAMES_MAX = 32_768;
/** Directories asked about in the background at once, to see whether they still are some. */
export const REVALIDATIONS_MAX = 8;
/** Links under /url. */
export const LINKS_MAX = 10_000;
/** Headers of one link, and bytes of all their names and values. */
export const LINK_HEADERS_MAX = 64;
export const LINK_HEADER_BYTES_MAX = 16 * KIB;

// --- the mount --------------------------------------------------------------------------------------------------

/** Longest time the mount lets any request wait, ms: above the demand read's own deadline, whose reason is better. */
export const MOUNT_REQUEST_MS = READ_DEADLINE_MS + 5_000;
/** Bytes of an extended attribute's value: XATTR_SIZE_MAX of the kernel. */
export const XATTR_BYTES_MAX = 65_536;
/** Open files and directories of one mount; beyond it EMFILE. */
export const OPEN_HANDLES_MAX = 65_536;
/** Inodes remembered although nothing refers to them, so that their numbers stay the same for a while. About 300 bytes each. */
export const INODES_CACHED_MAX = 65_536;
/** Inodes the kernel may refer to at once; beyond it EAGAIN. */
export const INODES_REFERENCED_MAX = 4_194_304;
/** Names of directories remembered for path walks. */
export const DENTRIES_CACHED_MAX = 65_536;
/** How long a path walk trusts a directory's remembered name, ms: below any attribute timeout, yet longer than a system call. */
export const DENTRY_CACHE_MS = 1_000;
/** Entries of one open directory; about 100 bytes each. Beyond it EAGAIN, for part of a listing would be a wrong one. */
export const DIRECTORY_ENTRIES_MAX = 1_000_000;
/** How long a name waits for the release of a file that was just closed before it answers with the version still open, ms. */
export const RELEASE_GRACE_MS = 200;
/** Times a read asks again for blocks that came and went again before it was answered. */
export const READ_ATTEMPTS_MAX = 3;
/** Time a new mount may take until another process can look at it, ms. */
export const MOUNT_READY_MS = 10_000;
/** Time one unmount command may take, ms. */
export const UNMOUNT_MS = 10_000;
/** How long an unmount waits for the kernel to let go; longer it holds on only for another mount namespace, ms. */
export const UNMOUNT_LINGER_MS = 3_000;
/** How often a session looks whether its mount still exists, ms. */
export const MOUNT_WATCH_MS = 500;
/** Processes of which it is remembered whether they are scanners; about 100 bytes each. */
export const SCANNER_PROCESSES_MAX = 4_096;
/** Names in the config of scanners, and of header readers. */
export const SCANNERS_MAX = 256;
/** Processes named when a mount is busy. */
export const MOUNT_HOLDERS_MAX = 100;

// --- fuse-native ------------------------------------------------------------------------------------------------

/** Requests that may wait at once, each in a thread of libfuse's; beyond it EAGAIN. */
export const FUSE_NATIVE_REQUESTS_MAX = 2048;
/** Reads the kernel may send ahead at once: more than libfuse's 12, or twelve stuck ones would hold up every other file. */
export const FUSE_NATIVE_BACKGROUND_MAX = 1024;
/** Reads under way beyond which the kernel sends none ahead: eight readers at once then make no more threads than libfuse keeps. */
export const FUSE_NATIVE_CONGESTED = 4;
/** Threads libfuse may have made before the log says that the mount gets slower: a request takes some 0.1 ms longer then. */
export const FUSE_NATIVE_THREADS_TOLD = 1_000;
/** Paths of closed files of which it is remembered which version the kernel may have cached. About 300 bytes each. */
export const FUSE_NATIVE_PATHS_MAX = 16_384;
/** Bytes of mountpoint and of mount options the addon can hold (char[1024] each). */
export const FUSE_NATIVE_TEXT_BYTES_MAX = 1023;
/** Grain at which it is remembered that content was read lately, so that it is in the page cache; libfuse 2's largest read. */
export const WARM_RANGE_BYTES = 128 * KIB;
/** Ranges remembered so: 8 GiB of content. */
export const WARM_RANGES_MAX = 65_536;
/** How long the page cache is trusted to keep what was read, ms. */
export const WARM_RANGE_MS = 60_000;
/** A read on the main thread that took longer found a cold disk: nothing is trusted for WARM_DISTRUST_MS. ms. */
export const WARM_READ_SLOW_MS = 4;
/** How long all content is read off the main thread after that, ms. */
export const WARM_DISTRUST_MS = 1_000;

// --- the kernel channel -----------------------------------------------------------------------------------------

/** Threads that read requests of one mount: one more than a copy of a megabyte keeps busy; further ones gain nothing. */
export const CHANNEL_READERS = 2;
/** Threads that answer reads whose blocks were waited for. */
export const CHANNEL_WORKERS = 2;
/** Bytes of requests that may wait for JavaScript, twice: three of the largest. Beyond it the kernel keeps them. */
export const CHANNEL_INBOX_BYTES = 4 * MIB;
/** Bytes of one reply made by JavaScript: a header and the largest body. */
export const CHANNEL_OUTBOX_BYTES = 1 * MIB + 4 * KIB;
/** Read-ahead of the kernel in mounts without passthrough, KiB: see fs/bindings/native/read-ahead.ts for what it was weighed against. */
export const NATIVE_READ_AHEAD_KIB = 512;
/** How long the kernel believes names and attributes unless the config says otherwise (mount.attributeTimeout), ms. */
export const ATTRIBUTES_MS_DEFAULT = 10_000;
/** How long the kernel believes that a name is not there, ms. */
export const ABSENT_NAMES_MS_DEFAULT = 1_000;
/** Requests of one mount that may wait in JavaScript at once, about 2 KiB each; beyond it EAGAIN. */
export const CHANNEL_REQUESTS_MAX = 16_384;
/** Interruptions remembered because they overtook their request. */
export const CHANNEL_EARLY_INTERRUPTS_MAX = 1_024;
/** Longest time fusermount3 may take, ms. */
export const MOUNT_HELPER_MS = 10_000;
/** Bytes of the largest READ or WRITE: 256 pages, the most kernels allow without being told (fs.fuse.max_pages_limit). */
export const CHANNEL_BODY_BYTES = 1 * MIB;
/** Reads the kernel may send ahead at once: more than its own 12, or twelve stuck ones would hold up every other file. */
export const CHANNEL_BACKGROUND_MAX = 1024;

// --- the holder of the mounts -----------------------------------------------------------------------------------

/** Bytes that a mount's journal grows by before what is still true is written anew. */
export const JOURNAL_COMPACT_BYTES_MIN = 4 * MIB;
/** Inodes gathered into one line, at most. */
export const JOURNAL_LINE_INODES = 1_000;
/** Buffer of a journal's lines that is kept: longer ones get one of their own. */
export const JOURNAL_BUFFER_BYTES = 512 * KIB;
/** Mounts that one holder keeps: their descriptors must fit into a socket's buffer while nobody takes them. */
export const HELD_MOUNTS_MAX = 64;
/** Bytes of one line between holder and daemon. */
export const HOLDER_LINE_BYTES_MAX = 64 * KIB;
/** Longest the holder may take to mount or unmount, and the daemon to be handed what is held, ms. */
export const HOLDER_CALL_MS = 30_000;
/** Waits before a dead daemon is started again, after its first death in a row: 0.1 s, doubling, up to this, ms. */
export const RESTART_WAIT_MS = 100;
export const RESTART_WAIT_MS_MAX = 2_000;
/** Deaths in a row, none of them after a served request, after which the holder itself answers: EIO. */
export const RESTART_DEATHS_MAX = 10;
/** A daemon that lived so long was no failed start, whether somebody asked it for something or not, ms. */
export const RESTART_LIFE_MS = 60_000;
/** How often the holder looks whether its daemon is dead but cannot go, ms. */
export const STUCK_LOOK_MS = 1_000;
/** So many such looks in a row, and its mounts are cut off from the kernel: what cannot be killed waits for them. */
export const STUCK_LOOKS_MAX = 5;
/** Longest a daemon may take to end after the holder was told to, ms; then it is killed. */
export const HOLDER_STOP_MS = 60_000;
/** Longest a newer build may take to go on in place of a running daemon, ms, and how often it is looked for. */
export const SUCCESSION_MS = 60_000;
export const SUCCESSION_LOOK_MS = 50;
/** How often a command looks for the daemon whose holder still lives, ms. */
export const DAEMON_RETURN_LOOK_MS = 50;
/** Handles that are opened again at once after a restart. */
export const RESTORED_AT_ONCE_MAX = 32;
/** Longest a handle may take to be opened again, ms: what it was open on is on the local disk, or it is lost. */
export const RESTORE_HANDLE_MS = 10_000;

// --- pieces from and for other peers ----------------------------------------------------------------------------

/** Contents up to this size are taken from the source without a swarm, bytes (Dragonfly's own). */
export const SWARM_BYTES_MIN = 4 * MIB;
/** Pieces that blocked readers may touch before the task is registered as one that is streamed. */
export const SAMPLED_PIECES_MAX = 4;
/**
 * How long a want may wait for the scheduler's first answer before the source is asked, ms. What is read ahead may wait as long as a
 * copy: a reader who gets there first is blocked, and does not.
 */
export const SCHEDULER_ANSWER_MS = { demand: 100, "read-ahead": 3_000, copy: 3_000 } as const;
/**
 * How long a want may wait for parents that speak but have not the piece yet, before the source is asked, ms. A copy's begins anew with
 * each piece that a parent gets: a seed that many ask at once may be half a minute over one, and the source is not faster then.
 */
export const PARENT_PATIENCE_MS = { demand: 500, "read-ahead": 3_000, copy: 120_000 } as const;
/** How often those who may not ask the source look whether a parent has what they want, ms; they hear of most of it at once. */
export const WITHOUT_SOURCE_LOOK_MS = 1_000;
/** How long other parents are waited for after the first has announced a piece, ms (Dragonfly's own). */
export const ANNOUNCE_GATHER_MS = 100;
/** A piece that a blocked reader waits for and that a parent has not brought by then is asked of the source too, ms. */
export const HEDGE_MS = 2_000;
/** Blocks that one question to a seed may be for: the longest piece. */
export const WANT_BLOCKS_MAX = 64;
/** How long a reader may wait to hear who the seeds are, and for a connection to one, before the source is asked, ms. */
export const SEED_CONNECT_MS = 200;
/** How long a seed that is connected may take to say that it heard, ms: it may be busy, and then readers are hedged. */
export const SEED_ANSWER_MS = 2_000;
/** Longest silence of a seed that heard, ms: it may have to ask the source first, and a reader is hedged before that. */
export const SEED_SILENCE_MS = 10_000;
/** Rest of a seed that did not answer, ms. */
export const SEED_GONE_MS = 10_000;
/** Rest of one that does not serve blocks: a peer of Dragonfly's, until it is another program. */
export const SEED_WITHOUT_SERVICE_MS = 600_000;
/** Rest of one whose bytes were not what it said, ms. */
export const SEED_DISTRUST_MS = 600_000;
/** How long a content is not asked for of a seed that could not give it, ms. */
export const SEED_CONTENT_REST_MS = 60_000;
/** How long the source is asked for a piece of which its seed said that it has too much else to do. */
export const SEED_BUSY_REST_MS = 1_000;
/** A seed that streams a content does not turn aside for blocks farther than this from all it fetches of it: its link is full. */
export const SEED_ASIDE_BLOCKS = 64;
/** How long the list of seeds is believed; and how soon an empty one is asked for again, when there is use for it, ms. */
export const SEED_LIST_AGE_MS = 30_000;
export const SEED_LIST_RETRY_MS = 2_000;
/** Seeds that are connected to as soon as they are known: a reader who comes soon does not wait for that. */
export const SEEDS_WARMED_MAX = 8;
/** Seeds that are known at once. */
export const SEEDS_MAX = 256;
/** Calls to seeds at once. */
export const SEEDS_ASKED_MAX = 256;
/** Bytes of one message of a seed: a block, and what stands around it. */
export const SEED_MESSAGE_BYTES_MAX = 1 * MIB + 4 * KIB;
/** Pieces that one question for digests may be for. */
export const MANIFEST_PIECES_MAX = 256;
/** Longest wait for another host's word on a piece, while the piece itself comes, ms. */
export const WITNESS_ANSWER_MS = 500;
/** Hosts asked about one piece, at most. */
export const WITNESSES_ASKED_MAX = 2;
/** Hosts that may be asked about one task. */
export const WITNESSES_MAX = 16;
/** How long a host that had nothing new to say of a task is not asked again, ms. */
export const WITNESS_REST_MS = 200;
/** The same for one that cannot be asked at all, of any task: it does not answer, or is no host of p2pfs, ms. */
export const WITNESS_GONE_MS = 10_000;
export const WITNESS_WITHOUT_SERVICE_MS = 600_000;
/** Blocks on their way to other hosts at once: each call that is served holds one. */
export const WANTS_SERVED_MAX = 1_024;
/** Longest one call for blocks may be served, ms. */
export const WANT_SERVED_MS = 120_000;
/** Pieces fetched from one parent at once, for one task. */
export const PARENT_FETCHES_MAX = 8;
/**
 * The same for a copy while other parents get pieces too, and may get this one: a seed's link then carries each piece about once,
 * instead of once for every host that began early. Two, so that one comes while the next is asked for.
 */
export const SPARED_PARENT_FETCHES_MAX = 2;
/**
 * First and longest rest of a parent that refuses a piece while it goes on telling of others, ms, and how often it may in a row before
 * it is dropped: one that serves as many as it can (SERVED_PIECES_MAX) closes further connections, and hundreds may ask at once.
 */
export const PARENT_REFUSED_REST_MS = 500;
export const PARENT_REFUSED_REST_MS_MAX = 4_000;
export const PARENT_REFUSALS_MAX = 8;
/** A piece of a spared parent is asked about again after so many times ANNOUNCE_GATHER_MS, at most; how many is left to chance. */
export const SPARED_LOOKS_MAX = 8;
/** A parent that has announced nothing for so long is not expected to get what is missing soon, ms. */
export const PARENT_NEWS_MS = 10_000;
/** Longest wait for a connection to a parent, ms (Dragonfly's own). */
export const PIECE_CONNECT_MS = 2_000;
/** Longest silence of a parent that is to send a piece, ms: after it the piece is had elsewhere. */
export const PIECE_SILENCE_MS = 10_000;
/** Bytes of a piece that must come within that time: who sends a few now and then is no better than silent. */
export const PIECE_PROGRESS_BYTES = 64 * KIB;
/** Bytes taken from a parent's connection at once. */
export const PIECE_SOCKET_BYTES = 256 * KIB;
/** Such buffers kept for the next connections: as many as pieces are fetched at once by default, twice. */
export const PIECE_SOCKET_BUFFERS_KEPT_MAX = 16;
/** Connections to parents at once: each is one piece. */
export const VORTEX_CONNECTIONS_MAX = 256;
/** Connections that are served pieces at once; further ones are closed, and their peers ask elsewhere. */
export const SERVED_PIECES_MAX = 512;
/** Connections that may wait in the kernel until they are accepted. */
export const SERVER_BACKLOG = 1024;
/** Longest a peer may take to say which piece it wants, ms. */
export const PIECE_REQUEST_MS = 10_000;
/** How long a TLS session may be resumed for the next piece, seconds; also how long a withdrawn certificate may serve on so. */
export const PIECE_SESSION_SECONDS = 300;
/** TLS sessions remembered, one for each parent: more parents than one host has at a time. */
export const PIECE_SESSIONS_MAX = 1_024;
/** Longest a peer may take nothing of a piece that is sent to it, ms. */
export const PIECE_SEND_STALL_MS = 30_000;

/** Bytes of pieces on their way to other hosts that are held in buffers at once. */
export const UPLOAD_BUFFER_BYTES_MAX = 64 * MIB;
/** Transfers that may wait for bandwidth at one limit; each is a connection that has a bound of its own. */
export const BUCKET_WAITERS_MAX = 4_096;
/** Longest a peer waits for a piece whose bytes are all in and whose record is being written, ms; the storage takes a few. */
export const PIECE_BEING_FINISHED_MS = 5_000;
/** How often it is looked for meanwhile, ms. */
export const PIECE_LOOK_MS = 10;
/** How long a task is kept open after the last piece of it was served, ms: the next one follows at once, as a rule. */
export const SERVED_TASK_LINGER_MS = 1_000;
/** Tasks kept open for peers at once; each holds a descriptor. Further ones are refused. */
export const SERVED_TASKS_MAX = 1_024;
/** Bytes of one message from another host: a million numbers of pieces, or a download with its certificates. */
export const UPLOAD_MESSAGE_BYTES_MAX = 4 * MIB;
/** Numbers of pieces in one question of a child: content of 64 TiB in the longest pieces. */
export const SYNC_PIECES_NUMBERS_MAX = 1_048_576;
/** Children that listen at once, and others that watch the load; each is a stream with a timer. */
export const SYNCS_MAX = 4_096;
/** Stretches of pieces fetched for one child at once: what somebody waits for here must not stand behind a list of them. */
export const SYNC_PULLS_MAX = 64;
/** How often a listening child's task is looked at, ms: deleted, failed or idle, it tells nothing by itself. */
export const SYNC_LOOK_MS = 1_000;
/** How long a child that begins to listen is let wait for somebody to want the task, ms: a seed is told of both at once. */
export const SYNC_GRACE_MS = 5_000;
/** Time between two figures of a host's network that a child is sent, ms (Dragonfly's). */
export const SYNC_HOST_MS = 1_000;
/** Connections of other hosts to the gRPC server at once; each child has two. Further ones are closed. */
export const UPLOAD_CONNECTIONS_MAX = 1_024;
/** Calls in flight on one connection of another host. */
export const UPLOAD_STREAMS_MAX = 1_024;
/** How long a connection of another host may be without a call, ms: longer than a pool of clients keeps one. */
export const UPLOAD_IDLE_MS = 600_000;
/** How often is looked whether a call's status is out, before the call is reset, ms. */
export const STATUS_LOOK_MS = 1;
/** How long a status may take to leave for a peer that does not read, before the call is reset without it, ms. */
export const STATUS_OUT_MS = 10_000;
/** Characters of a name or an id in another host's message: host name and address, with room. */
export const WIRE_NAME_MAX = 512;
/** Characters of a URL in another host's message: what servers accept. */
export const WIRE_URL_MAX = 16_384;
/** Entries in each list of another host's download: headers, certificates, filtered parameters. */
export const WIRE_ENTRIES_MAX = 256;
/** Ports tried after a default one that is taken. */
export const PORT_TRIES_MAX = 64;
/** Hosts that are listened to or watched at once, each over one connection. */
export const PARENT_CHANNELS_MAX = 256;
/** How long a connection to a parent's host is kept without a call, ms. */
export const PARENT_CHANNEL_IDLE_MS = 60_000;
/** Longest wait for the first sign of a parent that is asked over gRPC, its connection included, ms (Dragonfly's requests). */
export const PARENT_ANSWER_MS = 10_000;
/** Rest before a parent that stopped telling its load is asked again, ms. */
export const PARENT_LOAD_REST_MS = 5_000;
/** Longest silence of a parent that is listened to, ms, unless the config says otherwise (Dragonfly's). */
export const PARENT_SILENCE_MS = 360_000;
/** Bytes of one message of a parent: an announcement is some dozens, a host's figures some hundred. */
export const PARENT_MESSAGE_BYTES_MAX = 64 * KIB;

// --- the Unix socket --------------------------------------------------------------------------------------------

/** Longest a client may leave a message untaken, ms: what it blocks is shared. */
export const SEND_STALL_MS = 60_000;
/** Longest a download may take when the client sets no timeout, ms (dfget's own default, 2 h). */
export const DOWNLOAD_MS_DEFAULT = 7_200_000;
/** Longest timeout a client may set, ms: the largest a Node timer keeps, 24 days. */
export const DOWNLOAD_MS_MAX = 2_147_483_647;
/** Time between a piece's last byte and its record, ms; the storage takes a few. */
export const PIECE_FINISH_MS = 30_000;
/** Bytes of piece content all calls may hold on their way to clients, copies of grpc-js included. */
export const PIECE_CONTENT_BYTES_MAX = 64 * MIB;
/** Buffers of piece content kept for the next piece. */
export const PIECE_CONTENT_SPARE_MAX = 2;
/** Downloads that clients of the socket may have running at once; each holds a stream and waits in the engine. */
export const DOWNLOADS_MAX = 1_024;
/** Prefetches of whole tasks behind ranges at once. */
export const PREFETCHES_MAX = 16;
/** Entries in one answer to a listing call; dfget asks for trees of at most 100 files by default. */
export const LIST_ENTRIES_MAX = 100_000;
/** Longest a listing call may take when the client sets no timeout, ms. */
export const LIST_MS_DEFAULT = 60_000;
/** Longest timeout of a listing call, ms. */
export const LIST_MS_MAX = 3_600_000;
/** Tasks that `p2pfs status` shows: the newest. */
export const STATUS_TASKS_MAX = 1_000;
/** Connections to the metrics or the health port at once: scrapers and probes are few. */
export const HTTP_CONNECTIONS_MAX = 64;
/** Longest a request to the metrics or the health port may take to arrive, ms. */
export const HTTP_REQUEST_MS = 10_000;
/** Longest path of a Unix socket, bytes: sun_path less its final zero (unix(7)); Node would cut a longer one. */
export const SOCKET_PATH_BYTES_MAX = 107;
/** Longest wait for a daemon's socket to take a connection, ms: local, so that silence means a full queue. */
export const SOCKET_PROBE_MS = 2_000;
/** How long calls may still run when the server stops, ms. */
export const SERVER_STOP_MS = 2_000;
/** Longest TLS handshake with a client of a gRPC server, ms. */
export const SERVER_HANDSHAKE_MS = 10_000;

// --- the daemon's process ---------------------------------------------------------------------------------------

/** How long a daemon that dfget started lives without use, ms: the next file of a script finds it running. */
export const IDLE_END_MS = 60_000;
/** How long a daemon that a mount started lives without one, ms: the answer to the unmount has to leave first. */
export const LAST_UNMOUNT_END_MS = 200;
/** Longest any part of the daemon may take to stop, ms; then the next one is stopped. */
export const STOP_STEP_MS = 10_000;
/** Log lines kept in memory for the control file `log`, bytes. */
export const LOG_RECENT_BYTES_MAX = 256 * KIB;
/** How often the event loop's delay is looked at, ms. */
export const LOOP_LOOK_MS = 1_000;
/** Delay of the event loop that is worth a line in the log, ms: a `stat` waits that long. */
export const LOOP_DELAY_MS_MAX = 200;
/** How often it is looked whether the daemon has become idle, so that memory it freed goes back to the system, ms. */
export const IDLE_MEMORY_LOOK_MS = 30_000;
/** How much of one processor an idle daemon uses at most: its own rounds of upkeep take less than a hundredth. */
export const IDLE_PROCESSOR_PART = 0.03;
/** Processor time that it must have used since memory was last given back, ms: its own upkeep takes minutes to. */
export const IDLE_MEMORY_WORK_MS = 1_000;
/** Log lines that wait for the disk, bytes; beyond it lines are dropped and counted. */
export const LOG_BUFFER_BYTES_MAX = 4 * MIB;
/** Threads of libuv's pool in the daemon: reads and writes of files that block, without DNS or level waiting behind. */
export const LAUNCHED_THREADS = 16;
/** Longest a command waits for the answer to a short question to the daemon, ms. */
export const CALL_MS = 10_000;
/** Longest a command waits for a daemon it started, ms: storage may have a million tasks to read. */
export const DAEMON_START_MS = 60_000;
/** How long a command waits for a daemon that holds the workhome to answer before it tries to start its own again, ms. */
export const BUSY_DAEMON_MS = 500;
/** Longest a command waits for a mount or an unmount, ms. */
export const MOUNT_CALL_MS = 60_000;
/** Longest a command waits for the hosts of a cluster to be told that this one leaves, ms: two calls after each other. */
export const LEAVE_CALL_MS = 30_000;
/** Longest a command waits for a daemon to be gone after it was told to stop, ms. */
export const DAEMON_STOP_MS = 60_000;
/** Longest one look of `p2pfs doctor` at a daemon or at a mount may take, ms: whoever is asked is on this machine. */
export const DOCTOR_CHECK_MS = 5_000;
/** Longest its look at the storage may take, a trial of passthrough included, ms. */
export const DOCTOR_MS = 10_000;
/** Longest the kernel may take to send a new mount its first request, ms. */
export const PASSTHROUGH_TRIAL_MS = 5_000;
/** Free bytes below which a storage is hardly one: a few pieces. */
export const STORAGE_ROOM_LOW_BYTES = 256 * MIB;
/** Oldest Node that is supported, as package.json's engines say. */
export const NODE_VERSION_MIN = "20.18.0";
/** Pieces dfget copies at once: two writers of one file only wait for each other, with the processor busy. */
export const COPIES_MAX = 1;
/** Time between two lines of progress where there is no terminal, ms. */
export const PROGRESS_LINE_MS = 5_000;
/** How often a mount in the foreground looks whether it is still there, ms. */
export const FOREGROUND_LOOK_MS = 500;
/** How often a daemon looks whether the process that a mount is for still lives, ms. */
export const OWNER_LOOK_MS = 1_000;
/** Holders of a busy mount that are named: who ends these may ask again. */
export const HOLDERS_MAX = 10;
/** Descriptors of one process that are looked at for a busy mount. */
export const HOLDER_FDS_MAX = 65_536;

// --- schedulers and manager -------------------------------------------------------------------------------------

/** Longest answer of a scheduler or manager, bytes: some thousand hosts; more is not believed. */
export const CLUSTER_MESSAGE_BYTES_MAX = 16 * MIB;
/** Longest wait for a connection to a scheduler or manager, ms (Dragonfly: 3 s). */
export const CLUSTER_CONNECT_MS = 3_000;
/** Longest wait for the answer to one call of a scheduler or manager, ms (Dragonfly: 10 s). */
export const CLUSTER_CALL_MS = 10_000;
/** HTTP/2 pings on connections of a cluster, and how long one may stay unanswered, ms (Dragonfly). */
export const CLUSTER_KEEPALIVE_MS = 300_000;
export const CLUSTER_KEEPALIVE_WAIT_MS = 20_000;
/** Schedulers that are used; a list may hold more. Each costs a connection and a call per announcement. */
export const SCHEDULERS_MAX = 256;
/** How often schedulers are asked whether they serve, ms. */
export const SCHEDULER_CHECK_MS = 30_000;
/** First and longest rest before a scheduler that does not serve is asked again, ms. */
export const SCHEDULER_REST_MS = 500;
export const SCHEDULER_REST_MS_MAX = 10_000;
/** How long a registration waits for a scheduler that is known and was not asked yet, ms; then the source serves. */
export const SCHEDULER_FIRST_WAIT_MS = 3_000;
/** How long a scheduler may think about a registration before the source serves, ms: it tries some 2 s to find parents. */
export const REGISTER_ANSWER_MS = 10_000;
/** How long the end of a download waits for the scheduler to close its side, ms. */
export const ANNOUNCE_END_MS = 10_000;
/** How long a message to a scheduler may wait in a connection that takes nothing, ms (Dragonfly: 10 s). */
export const ANNOUNCE_SEND_MS = 10_000;
/** Messages to one scheduler stream that may wait so: reports of pieces beyond it are not sent, a terminal message always is. */
export const ANNOUNCE_WAITING_MAX = 256;
/** Streams for running downloads open at once; the least recently used is ended for a new one. */
export const ANNOUNCE_STREAMS_MAX = 1_024;
/** Finished pieces remembered until the scheduler has answered the registration; reports beyond it are not sent. */
export const PIECES_BEFORE_ANSWER_MAX = 1_024;
/** Candidate parents taken of one answer (Dragonfly sends 3, or what its cluster's config says). */
export const CANDIDATE_PARENTS_MAX = 64;
/** Characters of any id or reason that goes to or comes from a scheduler. */
export const CLUSTER_TEXT_MAX = 1_024;
/** Held tasks that are announced to schedulers, newest use first; about 200 bytes each. */
export const HELD_TASKS_ANNOUNCED_MAX = 20_000;
/** Rest between two announcements of held tasks, ms: a scheduler that came back must not meet all hosts' tasks in one second. */
export const HELD_TASK_REST_MS = 50;
/** How often it is looked whether there are other held tasks than the schedulers were told of, ms. */
export const HELD_TASKS_LOOK_MS = 5_000;
/** Largest dynconfig file, bytes. */
export const DYNCONFIG_BYTES_MAX = 1 * MIB;
/** How often certificate files are looked at, ms: what is renewed days before its end is in use long before it. */
export const CERTIFICATES_LOOK_MS = 30_000;
/** Entries of one list of a block list, and characters of one of its regular expressions. */
export const BLOCK_LIST_ENTRIES_MAX = 10_000;
export const BLOCK_LIST_REGEX_MAX = 1_024;
/** Longest URL that is compared with a block list, characters: a longer one is no URL that is fetched. */
export const BLOCK_LIST_URL_MAX = 16_384;

// --- clusters of our own ----------------------------------------------------------------------------------------

/**
 * Life of a cluster's authority, ms: twenty years, which no machine of the cluster sees. It is not renewed: what ends such a key
 * is that it got lost or known, and then the cluster is made anew.
 */
export const AUTHORITY_LIFE_MS = 20 * 365 * 86_400_000;
/** Life of a host's certificate, ms: the issuer may be down for a month of it. */
export const CERTIFICATE_LIFE_MS = 90 * 86_400_000;
/** How long certificates are valid before they were made, ms: clocks of hosts differ, and a day is time to notice. */
export const CERTIFICATE_BACKDATED_MS = 86_400_000;
/** Addresses that one certificate names. */
export const CERTIFICATE_ADDRESSES_MAX = 64;
/** Largest request for a certificate, bytes; ours have some 250. */
export const CERTIFICATE_REQUEST_BYTES_MAX = 4 * KIB;
/** Life of a token that lets hosts in, ms, unless another is asked for; and the longest. */
export const TOKEN_LIFE_MS = 86_400_000;
export const TOKEN_LIFE_MS_MAX = 30 * 86_400_000;
/** Tokens that are good at once. */
export const TOKENS_MAX = 256;
/** How often a host asks the issuer at least, ms, whatever dynconfig.refreshInterval says: it hears whom it is to refuse. */
export const MEMBER_ASK_MS_MAX = 60_000;
/** How often what hosts say of themselves is written, ms, when it has changed: ten thousand of them are 4 MB. */
export const MEMBERS_WRITE_MS = 1_000;
/** Hosts of one cluster of our own; each is some 300 bytes of every answer that tells of all. */
export const MEMBERS_MAX = 10_000;
/**
 * Hosts that left or were removed and are remembered as long as their certificates are good: twice as many as there can be, 160 KB
 * of an answer that tells of them. Beyond it those go whose certificates end first.
 */
export const MEMBERS_REMOVED_MAX = 20_000;
/** Of these, how many people are shown. */
export const MEMBERS_REMOVED_SHOWN_MAX = 20;
/** Hosts of a cluster that are named at once: what people look at, some 150 bytes each. */
export const MEMBERS_SHOWN_MAX = 1_000;
/** A host that was not heard of for so long, ms, is shown as silent: it asks each minute. */
export const MEMBERS_LATE_MS = 5 * 60_000;
/** A certificate that ends within this, ms, is told of: it should have been renewed weeks before. */
export const CERTIFICATE_WARNED_MS = 14 * 86_400_000;
/** Longest `p2pfs status` waits for the list of them, ms. */
export const MEMBERS_LOOK_MS = 2_000;
/** Roles that a host may name. */
export const MEMBER_ROLES_MAX = 8;
/** Largest message to the entrance, bytes: a request, and a host's few words of itself. */
export const ENTRANCE_MESSAGE_BYTES_MAX = 64 * KIB;
/** Connections to the entrance at once; hosts ask each minute and keep theirs. */
export const ENTRANCE_CONNECTIONS_MAX = 16_384;
/** Hosts without a certificate that are heard at the entrance: calls a second, and how many more at once. */
export const JOINS_PER_SECOND = 10;
export const JOINS_BURST = 50;
/** Longest wait for each step of joining, ms: the connection, the answer. */
export const JOIN_STEP_MS = 10_000;
/** How often a host looks whether its certificate has to be renewed, ms. */
export const RENEWAL_LOOK_MS = 3_600_000;
/** How much of a certificate's life may pass before it is renewed. */
export const RENEWAL_PART = 2 / 3;

// --- figures of the host ----------------------------------------------------------------------------------------

/** Bytes read of one file of /proc or /sys: /proc/stat of a machine with a thousand processors. */
export const FIGURE_FILE_BYTES_MAX = 256 * KIB;
/** Longest wait for one figure, ms: a disk or a driver that hangs leaves its figure out. */
export const FIGURE_MS = 1_000;
/** Longest a start waits to see whether somebody else serves one of Dragonfly's default ports, ms. */
export const DRAGONFLY_PROBE_MS = 1_000;
/** How long one look at the machine is believed, ms: rates over less time say little. */
export const FIGURES_AGE_MS = 1_000;
/** Tasks for which the embedded scheduler has sent a seed peer that is not back. */
export const SEED_TRIGGERS_MAX = 1_024;

// --- the embedded scheduler -------------------------------------------------------------------------------------

/** Hosts it knows at once; each is some 2 KiB. Further ones are refused. */
export const SWARM_HOSTS_MAX = 65_536;
/** Tasks and peers it knows at once, some 1 KiB each; for a further one those used longest ago are forgotten. */
export const SWARM_TASKS_MAX = 65_536;
export const SWARM_PEERS_MAX = 262_144;
/** Ids of peers that one peer is not given as parents: those that failed it, and itself. */
export const BLOCKED_PARENTS_MAX = 1_024;
/** Peers of one task that fetch from the source at once (Dragonfly's back_to_source_count). */
export const BACK_TO_SOURCE_PEERS_MAX = 200;
/** First rest of a host's further registrations at one moment, doubling, and its bound, ms (Dragonfly's). */
export const REGISTER_REST_MS = 30;
export const REGISTER_REST_MS_MAX = 1_000;
/** How often a peer without parents is looked at again, ms, give or take a quarter (Dragonfly's retryInterval). */
export const SCHEDULE_RETRY_MS = 500;
/** Such looks before it is sent to the source, and before it is refused where that is not possible (Dragonfly's). */
export const SCHEDULE_TO_SOURCE_LOOKS = 4;
export const SCHEDULE_LOOKS_MAX = 5;
/** Longest a peer waits for a seed peer that was sent and has not begun, ms: less than clients wait for the answer. */
export const SEED_BEGIN_MS = 8_000;
/** How long those who wait for a task are let wait after something about it changed, ms: many changes are one look. */
export const SCHEDULE_WAKE_MS = 10;
/** How often what is old is looked for, ms (Dragonfly's peer GC). */
export const SWARM_LOOK_MS = 10_000;
/** A host that does not announce itself for so long is gone, ms, or for three of its own intervals (Dragonfly's host TTL). */
export const HOST_TTL_MS = 3_600_000;
/** A peer that finishes no piece for so long has ended, ms (Dragonfly's pieceDownloadTimeout). */
export const PEER_SILENCE_MS = 1_800_000;
/** How long a task without peers is remembered, ms (Dragonfly's task GC). */
export const TASK_ALONE_MS = 1_800_000;
/** How long no seed peer is sent for a task after one failed, ms (Dragonfly's). */
export const SEED_FAILED_MS = 1_800_000;
/** How often seed peers are asked whether they serve, ms (Dragonfly's). */
export const SEED_CHECK_MS = 30_000;
/** Seed peers that are known to serve; further ones are not sent. */
export const SCHEDULER_SEEDS_MAX = 1_024;
/** Longest a seed peer may be out for one task, ms: the longest a download may take by dfget's own default. */
export const SEED_OUT_MS = 7_200_000;
/** Connections of hosts to the scheduler: each host has one, and a pool of them when it is busy. Further ones are closed. */
export const SCHEDULER_CONNECTIONS_MAX = 16_384;
/** Calls in flight on one connection of a host. */
export const SCHEDULER_STREAMS_MAX = 2_048;
/** Bytes of one message to the scheduler: a reschedule carries the parents as they were told. */
export const SCHEDULER_MESSAGE_BYTES_MAX = 4 * MIB;
/** Conversations at once, of all hosts together; further ones are refused. */
export const SCHEDULER_CONVERSATIONS_MAX = 131_072;
/** Messages of one conversation that are written and not taken; the stream of a client that takes nothing ends. */
export const SCHEDULER_UNTAKEN_MAX = 64;
/** How often what the scheduler knows is written, ms; what is younger is announced again after a crash. */
export const SWARM_WRITE_MS = 100;
/** Records read from the scheduler's database in one go. */
export const SWARM_PAGE_MAX = 1_000;
/** Longest name, digest or the like that another host tells of a task, characters; a URL may be longer. */
export const DESCRIPTION_TEXT_MAX = 1_024;
/** Headers of another host's download, characters of all names and values together: what web servers take of a request. */
export const WIRE_HEADERS_MAX = 32_768;
/** Pieces that another host may say it fetches at once, and pieces that a task may have. */
export const WIRE_CONCURRENT_PIECES_MAX = 65_536;
export const WIRE_PIECES_MAX = 2 ** 31;
/** Largest figure of a host that is believed: bits a second, bytes and the like. */
export const HOST_FIGURE_MAX = 1e18;
