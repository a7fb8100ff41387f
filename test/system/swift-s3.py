"""OpenStack Swift with its S3 API, whole, in one process and one folder: a real S3 server, which checks signatures.

    swift-s3.py FOLDER

Says its port on stdout once it answers, and ends when its stdin does. The one user is test:tester, secret "testing".
"""

import eventlet

eventlet.monkey_patch()

import os
import sys

from eventlet import wsgi
from eventlet.hubs import trampoline
from swift.common import utils
from swift.common import wsgi as swift_wsgi
from swift.common.ring.builder import RingBuilder

SERVERS = ("object", "container", "account", "proxy")

COMMON = """[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
[pipeline:main]
pipeline = {pipeline}
[app:{name}-server]
use = egg:swift#{name}
"""

PROXY = """account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
"""
PIPELINE = "catch_errors gatekeeper listing_formats s3api tempauth proxy-server"


class Cache:
    """Stands where memcached would: one process needs none."""

    def __init__(self):
        self.values = {}

    def get(self, key, *_, **__):
        return self.values.get(key)

    def set(self, key, value, *_, **__):
        self.values[key] = value

    def incr(self, key, delta=1, *_, **__):
        self.values[key] = self.values.get(key, 0) + delta
        return self.values[key]

    def delete(self, key, *_, **__):
        self.values.pop(key, None)


def with_cache(application):
    cache = Cache()

    def call(environment, start_response):
        environment["swift.cache"] = cache
        return application(environment, start_response)

    return call


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def write_ring(folder, name, port):
    builder = RingBuilder(4, 1, 1)
    device = {"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "d1"}
    device.update(ip="127.0.0.1", port=port, replication_ip="127.0.0.1", replication_port=port)
    builder.add_dev(device)
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, f"{name}.ring.gz"))


def configure(folder, ports):
    os.makedirs(os.path.join(folder, "devices", "d1"))
    write(
        os.path.join(folder, "swift.conf"),
        "[swift-hash]\nswift_hash_path_suffix = p2pfs\n[storage-policy:0]\nname = one\ndefault = yes\n",
    )
    utils.set_swift_dir(folder)
    for name in SERVERS:
        is_proxy = name == "proxy"
        pipeline = PIPELINE if is_proxy else f"{name}-server"
        text = COMMON.format(folder=folder, pipeline=pipeline, name=name)
        write(os.path.join(folder, f"{name}.conf"), text + (PROXY if is_proxy else ""))
        if not is_proxy:
            write_ring(folder, name, ports[name])


def main():
    folder = sys.argv[1]
    sockets = {name: eventlet.listen(("127.0.0.1", 0)) for name in SERVERS}
    ports = {name: socket.getsockname()[1] for name, socket in sockets.items()}
    configure(folder, ports)
    silence = open(os.devnull, "w")
    for name in SERVERS:
        application = swift_wsgi.loadapp(os.path.join(folder, f"{name}.conf"))
        if name == "proxy":
            application = with_cache(application)
        protocol = swift_wsgi.SwiftHttpProtocol
        eventlet.spawn(wsgi.server, sockets[name], application, log=silence, protocol=protocol)
    print(ports["proxy"], flush=True)
    while True:
        trampoline(0, read=True)
        if not os.read(0, 4096):
            break
    # Threads of the servers would keep the process.
    os._exit(0)


main()
