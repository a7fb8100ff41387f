"""Keeps every frame that passes the interfaces of this network namespace in a file, each behind its length (four bytes,
big-endian), until it is told to end on standard input; then says how many there were and how many the kernel had no room for.

    capture.py FILE
"""
import os
import select
import socket
import struct
import sys

ALL_PROTOCOLS = 3
BUFFER_BYTES = 256 << 20
SO_RCVBUFFORCE = 33
PACKET_STATISTICS = 6
SOL_PACKET = 263

frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
frames.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
frames.setblocking(False)
print("capturing", flush=True)
ends = False
with open(sys.argv[1], "wb", buffering=1 << 20) as out:
    while True:
        ready, _, _ = select.select([frames, sys.stdin], [], [], 0.2 if ends else None)
        if frames in ready:
            try:
                while True:
                    frame = frames.recv(1 << 17)
                    out.write(struct.pack(">I", len(frame)) + frame)
            except BlockingIOError:
                pass
        elif ends:
            break
        if sys.stdin in ready and not os.read(0, 1):
            ends = True
packets, drops = struct.unpack("II", frames.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
print(f"{packets} frames, {drops} lost", flush=True)
