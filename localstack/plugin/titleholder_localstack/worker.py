"""One Node process: starting it, talking to it line by line, ending it and all it started."""

import ctypes
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

BOOTSTRAP = Path(__file__).parent / "bootstrap.mjs"
_READ_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1


class WorkerExited(Exception):
    """The process ended while an answer was awaited."""

    def __init__(self, returncode: int | None):
        super().__init__(describe_exit(returncode))


class WorkerTimedOut(Exception):
    """No answer came before the deadline."""


def describe_exit(returncode: int | None) -> str:
    """In AWS's words: `exit status 1`, `signal: killed`."""
    if returncode is None:
        return "unknown exit status"
    if returncode >= 0:
        return f"exit status {returncode}"
    names = {signal.SIGKILL: "killed", signal.SIGABRT: "aborted", signal.SIGTERM: "terminated"}
    return f"signal: {names.get(-returncode, -returncode)}"


class Worker:
    """A Node process in a process group of its own, with one end of a socket pair."""

    def __init__(self, command: list[str], env: dict[str, str], cwd: str, log_path: Path):
        ours, theirs = socket.socketpair()
        try:
            # O_APPEND: server and worker both write here, and each line must go to the end.
            log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._process = _spawn(
                    lambda: subprocess.Popen(
                        [*command, str(BOOTSTRAP), str(theirs.fileno()), str(os.getpid())],
                        env=env,
                        cwd=cwd,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        pass_fds=[theirs.fileno()],
                        process_group=0,
                        preexec_fn=_die_with_server,
                    )
                )
            finally:
                os.close(log)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._socket = ours
        self._unread = b""

    def is_alive(self) -> bool:
        if self._process.poll() is not None:
            return False
        # Between invocations nothing is sent, so readable means closed: it is about to end.
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def send(self, message: dict, deadline: float) -> None:
        try:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except TimeoutError:
            raise WorkerTimedOut from None
        except OSError:
            raise WorkerExited(self._wait()) from None

    def receive(self, deadline: float) -> dict:
        """The next answer. `deadline` is on time.monotonic()'s scale."""
        parts = [self._unread]
        while b"\n" not in parts[-1]:
            try:
                self._socket.settimeout(max(0.001, deadline - time.monotonic()))
                part = self._socket.recv(_READ_BYTES)
            except TimeoutError:
                raise WorkerTimedOut from None
            except OSError:
                part = b""
            if not part:
                raise WorkerExited(self._wait())
            parts.append(part)
        line, self._unread = b"".join(parts).split(b"\n", 1)
        return json.loads(line)

    def kill(self) -> None:
        """Ends the process and everything it started (they share its process group)."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._wait()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits in receive()
        except OSError:
            pass
        self._socket.close()

    def _wait(self) -> int | None:
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return None


if sys.platform == "linux":
    _prctl = ctypes.CDLL(None, use_errno=True).prctl
    _server_pid = os.getpid()

    def _die_with_server() -> None:
        # Runs in the child between fork and exec. The worker's own watchdog thread does the same
        # everywhere; the kernel does it at once, and also while Node is still starting.
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != _server_pid:  # the server went in between
            os._exit(1)

else:
    _die_with_server = None


# The kernel takes "parent" to be the *thread* that forked. LocalStack's request threads come and
# go, so all workers are started by one thread that lives as long as the server.
_to_spawn: "queue.SimpleQueue[tuple[Callable[[], subprocess.Popen], Future]]" = queue.SimpleQueue()


def _spawn_forever() -> None:
    while True:
        start, result = _to_spawn.get()
        try:
            result.set_result(start())
        except BaseException as error:
            result.set_exception(error)


_spawner = threading.Thread(target=_spawn_forever, name="titleholder-spawner", daemon=True)
_spawner_started = threading.Lock()


def _spawn(start: Callable[[], subprocess.Popen]) -> subprocess.Popen:
    with _spawner_started:
        if not _spawner.is_alive():
            _spawner.start()
    result: Future = Future()
    _to_spawn.put((start, result))
    return result.result()
