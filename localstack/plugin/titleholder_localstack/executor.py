"""Lambda functions as Node processes: LocalStack's runtime executor `process`."""

import json
import logging
import os
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
from localstack.utils.strings import to_bytes

from .worker import Worker, WorkerExited, WorkerTimedOut

LOG = logging.getLogger(__name__)

# LocalStack gives a starting environment 20 s and then stops it; this is only the backstop.
_START_LIMIT_SECONDS = 30
# CloudWatch keeps lines; a function that floods its log shouldn't fill the server's memory.
_LOG_LIMIT_BYTES = 4 << 20


class ProcessRuntimeExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args, **kwargs):
        return ProcessRuntimeExecutor


class ProcessRuntimeExecutor(RuntimeExecutor):
    """One execution environment: at most one worker, replaced when it times out or ends."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._worker: Worker | None = None
        self._env: dict[str, str] = {}
        self._lock = threading.Lock()
        self._busy = False
        self._stopped = False
        function_name = function_version.id.function_name
        root = os.environ.get("TITLEHOLDER_FUNCTION_LOGS")
        folder = Path(root or Path(tempfile.gettempdir()) / "lambda-logs") / function_name
        folder.mkdir(parents=True, exist_ok=True)
        self._log_path = folder / f"{id}.log"

    # What LocalStack asks of an executor

    def start(self, env_vars: dict[str, str]) -> None:
        """Starts a worker and loads the handler. An error while loading is the invocation's
        answer, which LocalStack takes from a StatusErrorException."""
        self._env = self._environment_of_function(env_vars)
        error = self._start_worker()
        if error is not None:
            raise StatusErrorException("The function failed while loading", to_bytes(json.dumps(error)))

    def stop(self) -> None:
        """Ends the worker. One that is answering (an update came in between) finishes first, as
        on AWS; the server's end kills it in any case."""
        with self._lock:
            self._stopped = True
            if not self._busy:
                self._discard_worker()

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}"

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        with self._lock:
            self._busy = True
        try:
            return self._invoke(payload)
        finally:
            with self._lock:
                self._busy = False
                if self._stopped:
                    self._discard_worker()

    def get_logs(self) -> str:
        return self._logs_since(0)

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass

    @classmethod
    def validate_environment(cls) -> bool:
        node = os.environ.get("TITLEHOLDER_NODE", "")
        if os.path.isabs(node) and os.access(node, os.X_OK):
            return True
        LOG.error("TITLEHOLDER_NODE must be the absolute path of a Node 24; it is %r", node)
        return False

    # How it is done

    def _environment_of_function(self, env_vars: dict) -> dict[str, str]:
        """Only what Lambda would set: the server's own environment stays with the server."""
        code = str(self.function_version.config.code.get_unzipped_code_location())
        scratch = Path(tempfile.gettempdir()) / "lambda-tmp" / self.id
        scratch.mkdir(parents=True, exist_ok=True)
        lambda_vars = {name: str(value) for name, value in env_vars.items()}
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            **lambda_vars,
            "TZ": "UTC",
            "LAMBDA_TASK_ROOT": code,
            "HOME": str(scratch),
            "TMPDIR": str(scratch),  # what os.tmpdir() answers; /tmp itself is everybody's here
        }

    def _start_worker(self) -> dict | None:
        """Returns the error that loading the handler ended with, if it did."""
        memory = self.function_version.config.memory_size
        command = [os.environ["TITLEHOLDER_NODE"], f"--max-old-space-size={memory}"]
        worker = Worker(command, self._env, self._env["LAMBDA_TASK_ROOT"], self._log_path)
        with self._lock:
            self._worker = worker
            if self._stopped:
                self._discard_worker()
        try:
            first = worker.receive(time.monotonic() + _START_LIMIT_SECONDS)
        except WorkerExited as exited:
            first = {
                "initError": {
                    "errorType": "Runtime.ExitError",
                    "errorMessage": f"Runtime exited with error: {exited}",
                }
            }
        except WorkerTimedOut:
            first = {
                "initError": {
                    "errorType": "Sandbox.Timedout",
                    "errorMessage": f"Loading took longer than {_START_LIMIT_SECONDS} seconds",
                }
            }
        if "initError" not in first:
            return None
        with self._lock:
            self._discard_worker()
        return first["initError"]

    def _invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        log_start = self._log_path.stat().st_size if self._log_path.exists() else 0
        version = self.function_version.id.qualifier
        self._log(f"START RequestId: {request_id} Version: {version}")
        began = time.monotonic()
        answer = self._answer(payload, began)
        self._log(f"END RequestId: {request_id}")
        milliseconds = (time.monotonic() - began) * 1000
        memory = self.function_version.config.memory_size
        self._log(
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {memory} MB"
        )
        error = answer.get("error")
        return InvocationResult(
            request_id=request_id,
            payload=to_bytes(answer["payload"] if error is None else json.dumps(error)),
            is_error=error is not None,
            logs=self._logs_since(log_start),
        )

    def _answer(self, payload: dict[str, str], began: float) -> dict:
        request_id = payload["invoke-id"]
        if self._worker is None or not self._worker.is_alive():
            with self._lock:
                self._discard_worker()
            error = self._start_worker()
            if error is not None:
                return {"error": error}
            began = time.monotonic()
        seconds = self.function_version.config.timeout
        deadline = began + seconds
        try:
            self._worker.send(
                {
                    "id": request_id,
                    "arn": payload["invoked-function-arn"],
                    "traceId": payload["trace-id"],
                    "deadline": int((time.time() + deadline - time.monotonic()) * 1000),
                    "payload": payload["payload"] or "null",
                },
                deadline,
            )
            answer = self._worker.receive(deadline)
            if answer.get("fatal"):
                with self._lock:
                    self._discard_worker()
            return answer
        except WorkerTimedOut:
            message = f"Task timed out after {seconds:.2f} seconds"
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            self._log(f"{now} {request_id} {message}")
            failure = ("Sandbox.Timedout", message)
        except WorkerExited as exited:
            message = f"Runtime exited with error: {exited}"
            self._log(f"RequestId: {request_id} Error: {message}")
            failure = ("Runtime.ExitError", message)
        with self._lock:
            self._discard_worker()
        error_type, message = failure
        return {
            "error": {
                "errorType": error_type,
                "errorMessage": f"RequestId: {request_id} Error: {message}",
            }
        }

    def _discard_worker(self) -> None:
        """Call with the lock held."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _log(self, line: str) -> None:
        with open(self._log_path, "ab") as log:
            log.write(line.encode() + b"\n")

    def _logs_since(self, offset: int) -> str:
        try:
            with open(self._log_path, "rb") as log:
                log.seek(offset)
                return log.read(_LOG_LIMIT_BYTES).decode(errors="replace")
        except FileNotFoundError:
            return ""
