"""
Holds every frame between two tun devices back for a fixed time, in both directions: the delay of a test link on
kernels without netem. Frames keep their virtio headers and pass whole, 64 KiB at a time where the sender segments
late, so that an interpreter is fast enough for some Gb/s. It neither shapes nor loses; tbf on the devices does.

    lab-relay.py DELAY_MS DEVICE DEVICE        makes the devices, goes on in the background until it is ended
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

# linux/if_tun.h
TUNSETIFF = 0x400454CA
TUNSETOFFLOAD = 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 0x01, 0x02, 0x04

# The largest packet and its virtio header.
FRAME_BYTES_MAX = 65536 + 64
# Frames taken from one device before the other has its turn.
BURST_FRAMES = 32
# Bytes held back in one direction: 100 ms at 5 Gb/s. Beyond it frames are dropped, as a full router does.
HELD_BYTES_MAX = 64 * 1024 * 1024


def open_device(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
    return fd


class Direction:
    """Frames on their way from one device to the other, oldest first."""

    def __init__(self, source, target, delay_s):
        self.source, self.target, self.delay_s = source, target, delay_s
        self.held = collections.deque()
        self.held_bytes = 0

    def take(self):
        for _ in range(BURST_FRAMES):
            try:
                frame = os.read(self.source, FRAME_BYTES_MAX)
            except BlockingIOError:
                return
            if self.held_bytes + len(frame) <= HELD_BYTES_MAX:
                self.held.append((time.monotonic() + self.delay_s, frame))
                self.held_bytes += len(frame)

    def give(self):
        now = time.monotonic()
        while self.held and self.held[0][0] <= now:
            frame = self.held.popleft()[1]
            self.held_bytes -= len(frame)
            try:
                os.write(self.target, frame)
            except OSError:
                # The device is down or its queue is full: the frame is lost, as on any link.
                pass

    def wait_s(self):
        return max(0.0, self.held[0][0] - time.monotonic()) if self.held else None


def go_on_in_background():
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)


def main():
    delay_s = float(sys.argv[1]) / 1000
    near, far = open_device(sys.argv[2]), open_device(sys.argv[3])
    go_on_in_background()
    directions = {near: Direction(near, far, delay_s), far: Direction(far, near, delay_s)}
    while True:
        waits = [wait for wait in (direction.wait_s() for direction in directions.values()) if wait is not None]
        # select, not epoll: its timeout counts microseconds.
        readable, _, _ = select.select(list(directions), [], [], min(waits) if waits else None)
        for fd in readable:
            directions[fd].take()
        for direction in directions.values():
            direction.give()


main()
