"""Makes LocalStack importable on Python 3.11 and 3.12."""

import importlib
import threading

from localstack.runtime import hooks

_make_lock = threading.Lock


class _LockClass:
    """A class, as `threading.Lock` is from Python 3.13 on; calling it makes a real lock."""

    def __new__(cls):
        return _make_lock()


@hooks.on_runtime_create(priority=1000)
def make_lock_annotations_importable() -> None:
    """Imports `localstack.packages.api` once with `threading.Lock` being a class.

    That module evaluates the annotation `Lock | None`. Up to Python 3.12 `threading.Lock` is a
    function, for which `|` isn't defined, so the import fails.
    """
    if isinstance(threading.Lock, type):
        return
    threading.Lock = _LockClass
    try:
        importlib.import_module("localstack.packages.api")
    finally:
        threading.Lock = _make_lock
