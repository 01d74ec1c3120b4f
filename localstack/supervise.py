"""Runs one server so that nothing of it outlives whoever started this.

    python supervise.py GRACE_SECONDS LOG_FILE COMMAND …     (standard input: a pipe that is kept open)

The server ends when the pipe closes (its other end's owner ended, however: kill -9 included) or on
SIGTERM: first it is asked, and after the grace its whole session is killed, with the processes that
it started in groups of their own. If this process is killed itself, the kernel takes the server
along (Linux), and the server's workers notice by themselves.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1


def main() -> int:
    grace_seconds, log_path, *command = sys.argv[1:]
    try:
        os.setsid()  # Ctrl-C in a terminal goes to a session; the starter decides what it means
    except PermissionError:
        pass  # already its leader

    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    stop_requested = False

    def request_stop(*_):
        nonlocal stop_requested
        stop_requested = True

    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, request_stop)

    with open(log_path, "ab") as log:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_supervisor if sys.platform == "linux" else None,
        )
    while not stop_requested and server.poll() is None:
        readable, _, _ = select.select([sys.stdin, woken], [], [])
        if woken in readable:
            os.read(woken, 512)
        if sys.stdin in readable and not os.read(sys.stdin.fileno(), 512):
            stop_requested = True

    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=float(grace_seconds))
        except subprocess.TimeoutExpired:
            pass
    kill_session()
    return max(0, server.wait(timeout=10))


def die_with_supervisor() -> None:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def kill_session() -> None:
    """Kills all other processes of this session, until none is left that could fork another."""
    own, deadline = os.getpid(), time.monotonic() + 5
    while time.monotonic() < deadline:
        others = [pid for pid in session_members(os.getsid(0)) if pid != own]
        if not others:
            return
        for pid in others:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        time.sleep(0.02)


def session_members(session: int) -> list[int]:
    """Living processes of a session. A zombie counts as gone."""
    if sys.platform != "linux":
        columns = subprocess.run(
            ["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=False
        ).stdout
        pids = [int(p) for p, stat in map(str.split, columns.splitlines()) if "Z" not in stat]
        return [pid for pid in pids if session_of(pid) == session]
    members = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    # After the name, which is in brackets and may hold anything: state, ppid, pgrp, session
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z" and int(fields[3]) == session:
                members.append(int(entry))
    return members


def session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


if __name__ == "__main__":
    libc = ctypes.CDLL(None)
    sys.exit(main())
