"""Makes LocalStack importable on Python 3.11 and 3.12."""

import importlib
import threading

from localstack.runtime import hooks


@hooks.on_runtime_create(priority=1000)
def make_lock_annotations_importable() -> None:
    """Imports `localstack.packages.api` once with `threading.Lock` being a class.

    That module evaluates the annotation `Lock | None`. Up to Python 3.12 `threading.Lock` is a
    function, for which `|` isn't defined, so the import fails. Nothing there makes a plain Lock.
    """
    if isinstance(threading.Lock, type):
        return
    make_lock = threading.Lock
    threading.Lock = type(make_lock())
    try:
        importlib.import_module("localstack.packages.api")
    finally:
        threading.Lock = make_lock
