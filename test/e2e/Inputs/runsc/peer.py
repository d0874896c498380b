# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""peer.py LAUNCHER VMLINUX EXECUTOR DIR - plays syzkaller's manager

Issues the command lines of syzkaller's VM type gvisor (vm/gvisor/gvisor.go) to
LAUNCHER, one container, in DIR, and speaks the executor's RPC
(pkg/flatrpc/flatrpc.fbs) up to the machine check and one request behind it.
Prints what it does; ends with 1 and the manager's own words when a rule is
broken. EXECUTOR is a static program for the guest: this suite's
kcov-executor, or syzkaller's.
"""
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import flat

# pkg/flatrpc/flatrpc.fbs
HELLO = [("cookie", "u64")]
REQUEST = [("cookie", "u64"), ("id", "i64"), ("arch", "str"),
           ("git_revision", "str"), ("syz_revision", "str")]
REPLY = [("debug", "u8"), ("cover", "u8"), ("cover_edges", "u8"),
         ("kernel_64_bit", "u8"), ("procs", "i32"), ("slowdown", "i32"),
         ("syscall_timeout_ms", "i32"), ("program_timeout_ms", "i32"),
         ("leak_frames", ["str"]), ("race_frames", ["str"]),
         ("features", "u64"), ("files", ["str"])]
FEATURE = [("id", "u64"), ("need_setup", "u8"), ("reason", "str")]
FILE = [("name", "str"), ("exists", "u8"), ("error", "str"), ("data", "u8s")]
INFO = [("error", "str"), ("features", [FEATURE]), ("files", [FILE])]
INFO_REPLY = [("cover_filter", "u64s")]
EXEC = [("id", "i64"), ("type", "u64"), ("avoid", "u64"), ("data", "u8s"),
        ("exec_opts", ("struct", "<QQq")), ("flags", "u64")]
HOST_MESSAGE = [("msg_type", "u8"), ("msg", EXEC)]
CALL = [("flags", "u8"), ("error", "i32"), ("signal", "u64s"),
        ("cover", "u64s")]
PROG = [("calls", [CALL])]
RESULT = [("id", "i64"), ("proc", "i32"), ("output", "u8s"), ("hanged", "u8"),
          ("error", "str"), ("info", PROG)]
EXECUTOR_MESSAGE = [("msg_type", "u8"), ("msg", RESULT)]
RESULT_TYPE = 1  # of the union; 2: Executing, 3: State
GLOB = 2  # of enum RequestType
FEATURES = ["Coverage", "Comparisons", "ExtraCoverage", "DelayKcovMmap",
            "KcovResetIoctl", "SandboxNone", "SandboxSetuid",
            "SandboxNamespace", "SandboxAndroid"]

FLAGS = ["-watchdog-action=panic", "-network=none", "-debug",
         "-debug-log=/dev/stderr"]
ENVIRONMENT = {"GOTRACEBACK": "all", "GORACE": "halt_on_error=1",
               "GLIBC_TUNABLES": "glibc.pthread.rseq=0"}
READY = b"SYZKALLER INIT STARTED\n"
LIMIT = 60  # seconds, the manager's
# Of pkg/cover/backend/gvisor.go.
PLACE = re.compile(r"^(.*/)?(pkg/[^:]+):([0-9]+)\.([0-9]+),([0-9]+)\.([0-9]+)$")


class Broken(Exception):
    """A rule that the launcher or the executor broke."""


def say(*words):
    print(*words, flush=True)


class Reader(threading.Thread):
    """What comes out of a pipe; its end is an event."""

    def __init__(self, fd):
        super().__init__(daemon=True)
        self.fd, self.data, self.at_end = fd, b"", threading.Event()
        self.start()

    def run(self):
        while True:
            piece = os.read(self.fd, 65536)
            if not piece:
                break
            self.data += piece
        self.at_end.set()


class Manager:
    def __init__(self, launcher, directory):
        self.launcher, self.dir = launcher, os.path.abspath(directory)
        self.name = "syz-0"
        self.image = os.path.join(self.dir, "image")
        self.bundle = os.path.join(self.dir, "bundle")
        self.processes = []

    def command(self, *arguments):
        return [self.launcher, "-root", os.path.join(self.dir, "gvisor_root"),
                *FLAGS, *arguments]

    def call(self, *arguments):
        say("$", "launcher", *arguments)
        done = subprocess.run(self.command(*arguments), env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, timeout=LIMIT,
                              capture_output=True, text=True)
        if done.returncode:
            raise Broken("%s: exit status %d: %s" % (
                arguments[0], done.returncode, done.stderr.strip()))
        return done.stdout

    def boot(self):
        os.makedirs(self.image, exist_ok=True)
        os.makedirs(self.bundle, exist_ok=True)
        with open(os.path.join(self.bundle, "config.json"), "w") as file:
            json.dump({"root": {"path": self.image, "readonly": True},
                       "linux": {"resources": {"memory": {"limit": -1}}},
                       "process": {"args": ["/init"], "cwd": "/tmp"}}, file)
        fifo = os.path.join(self.bundle, "panic.fifo")
        if os.path.exists(fifo):
            os.unlink(fifo)
        os.mkfifo(fifo)
        both = os.open(fifo, os.O_RDWR)  # else opening for reading blocks
        self.panic_log = Reader(os.open(fifo, os.O_RDONLY))
        try:
            self.start(fifo)
        finally:
            os.close(both)
            os.unlink(fifo)

    def start(self, fifo):
        self.call("delete", "-force", self.name)
        say("$ launcher run")
        read_end, write_end = os.pipe()
        self.machine = subprocess.Popen(
            self.command("--panic-log", fifo, "--cpu-num-from-quota", "run",
                         "-bundle", self.bundle, self.name),
            env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=write_end,
            stderr=write_end)
        os.close(write_end)
        self.console = Reader(read_end)
        end = time.monotonic() + LIMIT
        while READY not in self.console.data:
            if b"FATAL ERROR:" in self.console.data:
                raise Broken(self.console.data.decode())
            if self.console.at_end.is_set():
                raise Broken("runsc failed: EOF: " +
                             self.console.data.decode().strip())
            if time.monotonic() > end:
                raise Broken("init process did not start")
            time.sleep(0.01)
        say("ready")

    def execute(self, executor):
        with open(executor, "rb") as source:
            path = os.path.join(self.image, "syz-executor")
            with open(path, "wb") as copy:
                copy.write(source.read())
            os.chmod(path, 0o755)
        say("$ launcher exec /syz-executor runner 0 stdin 0")
        self.rpc, guest = socket.socketpair()
        self.rpc.settimeout(LIMIT)
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        self.kernel = subprocess.Popen(
            self.command("exec", "-user=0:0", "-cap", "CAP_SYS_ADMIN", "-cap",
                         "CAP_NET_RAW", self.name, "/syz-executor", "runner",
                         "0", "stdin", "0"),
            env=ENVIRONMENT, stdin=guest, stdout=out_w, stderr=err_w)
        guest.close()
        os.close(out_w)
        os.close(err_w)
        self.out, self.err = Reader(out_r), Reader(err_r)

    # ---- RPC

    def send(self, schema, values):
        self.rpc.sendall(flat.encode(schema, values))

    def read_exactly(self, n):
        data = b""
        while len(data) < n:
            if self.panic_log.at_end.is_set():
                raise Broken("lost connection to test machine: the panic log "
                             "is closed")
            ready, _, _ = select.select([self.rpc], [], [], 0.2)
            try:
                piece = self.rpc.recv(n - len(data)) if ready else None
            except ConnectionError:  # what we sent was not read
                piece = b""
            if piece == b"":
                self.kernel.wait(LIMIT)
                raise Broken("the executor is gone: " + (
                    self.out.data + self.err.data).decode(errors="replace"))
            data += piece or b""
        return data

    def read_message(self):
        return self.read_exactly(struct.unpack("<I", self.read_exactly(4))[0])

    def receive(self, schema):
        return flat.decode(schema, self.read_message())

    def check(self):
        cookie = 0x123456789ABCDEF
        self.send(HELLO, {"cookie": cookie})
        request = self.receive(REQUEST)
        hashed = (cookie * 73856093 & (1 << 64) - 1) ^ 83492791
        if request["cookie"] != hashed:
            raise Broken("client failed to respond with a valid cookie")
        say("connected: arch", request["arch"])
        self.send(REPLY, {
            "cover": 1, "kernel_64_bit": 1, "procs": 1, "slowdown": 1,
            "syscall_timeout_ms": 50, "program_timeout_ms": 5000,
            "features": (1 << len(FEATURES)) - 1,
            "files": ["/proc/cpuinfo", "/proc/version", "/proc/filesystems",
                      "/proc/modules"]})
        info = self.receive(INFO)
        if info["error"]:
            raise Broken("machine info: " + info["error"])
        for file in info["files"] or []:
            say("file", file["name"], "read" if file["data"] else "missing")
        for feature in info["features"] or []:
            say("feature", FEATURES[feature["id"].bit_length() - 1],
                feature["reason"] or "ok")
        self.send(INFO_REPLY, {})

    def request(self, pattern):
        """A glob: the request that every executor can answer."""
        self.send(HOST_MESSAGE, {"msg_type": 1, "msg": {
            "id": 1, "type": GLOB, "data": pattern.encode() + b"\0",
            "exec_opts": (1 << 1 | 1 << 4, 1 << 0, 0), "flags": 0}})
        while True:
            data = self.read_message()
            if flat.decode(EXECUTOR_MESSAGE[:1], data)["msg_type"] == RESULT_TYPE:
                break
        result = flat.decode(EXECUTOR_MESSAGE, data)["msg"]
        if result["error"]:
            raise Broken("request: " + result["error"])
        output = bytes(result["output"] or []).decode(errors="replace")
        say("glob", pattern + ":", " ".join(output.split("\0")).strip())
        calls = (result["info"] or {}).get("calls") or []
        return [pc for call in calls for pc in call["cover"] or []]

    def close(self):
        self.call("delete", "-force", self.name)
        self.machine.kill()
        self.machine.wait()
        if not (self.console.at_end.wait(LIMIT) and
                self.panic_log.at_end.wait(LIMIT)):
            raise Broken("somebody still holds the console or the panic log")
        if hasattr(self, "kernel"):
            status = self.kernel.wait(LIMIT)
            say("kernel ended:", "signal %d" % -status if status < 0 else
                "exit status %d" % status)
        self.call("delete", "-force", self.name)


def read_places(vmlinux):
    """As the manager does for its coverage pages: an ELF, then its lines."""
    with open(vmlinux, "rb") as file:
        if file.read(4) != b"\x7fELF":
            raise Broken("failed to parse ELF: bad magic number")
    text = subprocess.run([vmlinux, "symbolize", "-all"], env=ENVIRONMENT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          check=True, text=True).stdout.splitlines()
    places = {}
    for pc, place in zip(text[::2], text[1::2]):
        if not PLACE.match(place):
            raise Broken("bad line: " + place)
        places[int(pc, 16)] = place
    say("symbolize: PCs distinct, places readable")
    if 2 * len(places) != len(text):
        raise Broken("a PC is there twice")
    return places


def main():
    launcher, vmlinux, executor, directory = sys.argv[1:]
    manager = Manager(launcher, directory)
    try:
        try:
            manager.boot()
            manager.execute(executor)
            manager.check()
            cover = manager.request("/proc/self/sta[t]")
            manager.call("debug", "-stacks", "--ps", manager.name)
        finally:
            manager.close()
        places = read_places(vmlinux)
        if cover:
            unknown = [hex(pc) for pc in cover if pc not in places]
            if unknown:
                raise Broken("PCs that symbolize does not know: %s" % unknown)
            say("coverage: all PCs have places")
    except Broken as broken:
        say("manager:", broken)
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
