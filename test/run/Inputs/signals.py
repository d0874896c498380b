# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""signals.py KCOV8 ENDS - signals, terminals and processes that are left behind.

Waits for what is written, never for a time.
"""
import os
import pty
import signal
import subprocess
import sys

kcov8, ends = sys.argv[1:]
failed = 0
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, signal.SIG_DFL)  # lit ignores SIGINT


def check(what, good, *seen):
    global failed
    print("%s: %s" % (what, "ok" if good else "WRONG: %r" % (seen,)))
    failed |= not good


def run(script, **options):
    return subprocess.Popen([kcov8, "run", "sh", "-c", script],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, **options)


def outcome(p):
    """What it says, with its standard input open till the end."""
    said = p.stdout.read(), p.stderr.read()
    p.wait()
    p.stdin.close()
    return said


def litter():
    return os.listdir(os.environ["TMPDIR"])


# A signal to us alone is passed on, and we live to tell what it said.
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
    p = run("trap 'echo got; %s exit; exit 5' %d; echo ready; while :; do sleep 0.02; done" % (ends, number))
    p.stdout.readline()
    p.send_signal(number)
    out, err = outcome(p)
    name = signal.Signals(number).name
    check(name + " is passed on", "got" in out and p.returncode == 5, out, p.returncode)
    check(name + ": summary", "1 process\n" in err, err)
    check(name + ": nothing is left", not litter(), litter())

# One that kills the command kills us in the same way, afterwards.
p = run("%s exit; echo ready; exec sleep 600" % ends)
p.stdout.readline()
p.stdout.readline()
p.terminate()
out, err = outcome(p)
check("dies of the signal", p.returncode == -signal.SIGTERM, p.returncode)
check("and had a summary", "1 process\n" in err, err)
check("and left nothing", not litter(), litter())

# The command is killed; what ran before counts.
p = run("%s exit; echo $$; exec sleep 600" % ends)
p.stdout.readline()
os.kill(int(p.stdout.readline()), signal.SIGKILL)
out, err = outcome(p)
check("a killed command", p.returncode == -signal.SIGKILL and "1 process\n" in err, err)
check("leaves nothing", not litter(), litter())

# An ignored one stays ignored.
p = run("trap '' HUP; kill -HUP $$; trap; exit 0")
check("SIGHUP was the default", outcome(p)[0] != "" and p.returncode == 0)
p = run("kill -HUP $$; exit 4", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
outcome(p)
check("SIGHUP stays ignored", p.returncode == 4, p.returncode)

# What outlives the command and ends soon counts; what does not is named, once.
p = run("exec 3<&0; (echo ready; read x <&3; %s exit) & exit 0" % ends)
p.stdout.readline()
p.stdin.write("\n")
p.stdin.flush()
out, err = outcome(p)
check("an orphan counts", "1 process\n" in err or "still run" in err, err)
p = run("exec 3<&0; (exec 1>&- 2>&-; read x <&3) & exit 6")
out, err = outcome(p)
check("one that stays is named", err.count("still run after") == 1 and p.returncode == 6, err)

# The terminal and its foreground are the command's; ^C reaches it once.
pid, terminal = pty.fork()
if pid == 0:
    script = ("trap 'n=x$n; echo got $n' INT; test -t 0 && test -t 1 && echo tty;"
              "echo ready; read x; read x; echo done; exit 9")
    os.execv(kcov8, [kcov8, "run", "-q", "sh", "-c", script])


def until(word):
    text = b""
    while word not in text:
        text += os.read(terminal, 4096)
    return text


check("a terminal", b"tty" in until(b"ready"))
os.write(terminal, b"\x03")
until(b"got x")
os.write(terminal, b"\n\n")
rest = until(b"done")
check("^C comes once", b"got xx" not in rest, rest)
check("and its status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9)

# A run inside a run has its own.
p = run("%s run sh -c '%s exit; %s return' 2>&1; %s fork > /dev/null" % (kcov8, ends, ends, ends))
out, err = outcome(p)
check("the inner one", "2 processes" in out, out)
check("the outer one", "2 processes" in err, err)
check("nothing is left", not litter(), litter())
sys.exit(failed)
