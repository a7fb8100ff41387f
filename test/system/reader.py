"""Reads files as programs do that are not ours: interleaved, through one shared descriptor, by mmap, step by step on
command. Says on stdout what it read, as digests, so that the same run over the origin's own file tells what is right.
"""

import ctypes
import errno
import hashlib
import http.client
import json
import mmap
import os
import sys
import time
import urllib.parse


def say(*words):
    print(*words, flush=True)


def name_of(error):
    return errno.errorcode.get(error.errno, str(error.errno))


def digest_of_stride(descriptor, worker, workers, chunk):
    """Digest of the chunks worker, worker + workers, … of a file."""
    digest = hashlib.sha256()
    size = os.fstat(descriptor).st_size
    for offset in range(worker * chunk, size, workers * chunk):
        wanted = min(chunk, size - offset)
        while wanted > 0:
            part = os.pread(descriptor, wanted, offset)
            if not part:
                raise SystemExit(f"the file ended at {offset}")
            digest.update(part)
            offset += len(part)
            wanted -= len(part)
    return digest.hexdigest()


def stride(path, worker, workers, chunk):
    descriptor = os.open(path, os.O_RDONLY)
    say(digest_of_stride(descriptor, int(worker), int(workers), int(chunk)))


def shared(path, workers, chunk):
    """Forks workers that read through one and the same open file."""
    descriptor = os.open(path, os.O_RDONLY)
    pipes = []
    for worker in range(int(workers)):
        here, there = os.pipe()
        if os.fork() == 0:
            os.write(there, digest_of_stride(descriptor, worker, int(workers), int(chunk)).encode())
            os._exit(0)
        os.close(there)
        pipes.append(here)
    say(" ".join(os.read(pipe, 64).decode() or "failed" for pipe in pipes))


def mapped(path):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        digest = hashlib.sha256()
        for offset in range(0, len(content), 1 << 20):
            digest.update(content[offset : offset + (1 << 20)])
        say(digest.hexdigest())


def mapped_backwards(path):
    """Touches one byte of each page, last page first, as a loader that maps a file may: faults, no readahead."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        digest = hashlib.sha256()
        for offset in range((len(content) - 1) // 4096 * 4096, -1, -4096):
            digest.update(content[offset : offset + 1])
        say(digest.hexdigest())


def hold(folder):
    """Opens every file of a folder, reads a byte of each and keeps them open until its input ends."""
    files = []
    for name in sorted(os.listdir(folder)):
        file = os.open(os.path.join(folder, name), os.O_RDONLY)
        os.pread(file, 1, 0)
        files.append(file)
    say(len(files))
    sys.stdin.read()


def progress(path, chunk):
    """Reads in order; says the offset reached after each chunk, and the digest at the end."""
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY)
    offset = 0
    while True:
        try:
            part = os.pread(descriptor, int(chunk), offset)
        except OSError as error:
            say("failed", name_of(error))
            return
        if not part:
            break
        digest.update(part)
        offset += len(part)
        say(offset)
    say("end", digest.hexdigest())


def steps(path):
    """Commands by line: open | read OFFSET LENGTH | stat. Answers: ms, then a digest, a size, "open" or an errno's name."""
    descriptor = None
    for line in sys.stdin:
        command, *numbers = line.split()
        begin = time.perf_counter()
        try:
            if command == "open":
                if descriptor is not None:
                    os.close(descriptor)
                    descriptor = None
                descriptor = os.open(path, os.O_RDONLY)
                answer = "open"
            elif command == "read":
                offset, length = map(int, numbers)
                answer = hashlib.sha256(os.pread(descriptor, length, offset)).hexdigest()
            else:
                answer = str(os.stat(path).st_size)
        except OSError as error:
            answer = name_of(error)
        say(f"{(time.perf_counter() - begin) * 1000:.3f}", answer)


def raw_gets(url):
    """Plain ranged GETs over one connection, by lines OFFSET LENGTH; says the time of each in ms, and its length."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.connect()
    for line in sys.stdin:
        offset, length = map(int, line.split())
        begin = time.perf_counter()
        connection.request("GET", parts.path, headers={"Range": f"bytes={offset}-{offset + length - 1}"})
        body = connection.getresponse().read()
        say(f"{(time.perf_counter() - begin) * 1000:.3f}", len(body))


def attributes(path):
    say(json.dumps({name: os.getxattr(path, name).decode() for name in os.listxattr(path)}))


# include/uapi/linux/fcntl.h: ask the filesystem, whatever the kernel remembers.
AT_STATX_FORCE_SYNC = 0x2000
AT_FDCWD = -100
STATX_BASIC_STATS = 0x7FF


def stat_probe(path, interval_ms):
    """stat(2)s a file over and over, always asking the filesystem, until its input ends; says the times in ms."""
    statx = ctypes.CDLL(None, use_errno=True).statx
    buffer = ctypes.create_string_buffer(256)
    times = []
    os.set_blocking(0, False)
    while True:
        try:
            if os.read(0, 1) == b"":
                break
        except BlockingIOError:
            pass
        begin = time.perf_counter()
        if statx(AT_FDCWD, path.encode(), AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, buffer) != 0:
            raise OSError(ctypes.get_errno(), path)
        times.append((time.perf_counter() - begin) * 1000)
        time.sleep(int(interval_ms) / 1000)
    say(json.dumps(times))


def steady(path):
    """Reads a file over and over, by pread and through a mapping, until its input ends; says the rounds and the longest read in ms."""
    descriptor = os.open(path, os.O_RDONLY)
    size = os.fstat(descriptor).st_size
    content = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    rounds, longest = 0, 0.0
    os.set_blocking(0, False)
    say("begun")
    while True:
        try:
            if os.read(0, 1) == b"":
                break
        except BlockingIOError:
            pass
        for offset in range(0, size, 1 << 20):
            begin = time.perf_counter()
            same = os.pread(descriptor, 4096, offset) == content[offset : offset + 4096]
            longest = max(longest, (time.perf_counter() - begin) * 1000)
            if not same:
                raise SystemExit(f"wrong bytes at {offset}")
        rounds += 1
        time.sleep(0.002)
    say(rounds, f"{longest:.3f}")


COMMANDS = {
    "steady": steady,
    "stride": stride,
    "shared": shared,
    "mapped": mapped,
    "mapped-backwards": mapped_backwards,
    "hold": hold,
    "progress": progress,
    "steps": steps,
    "raw-gets": raw_gets,
    "attributes": attributes,
    "stat-probe": stat_probe,
}

try:
    COMMANDS[sys.argv[1]](*sys.argv[2:])
except OSError as problem:
    sys.exit(f"{name_of(problem)}: {problem}")
