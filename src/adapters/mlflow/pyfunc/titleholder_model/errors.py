"""What a file or a table is refused with."""

import re

_LINE_END = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class ModelError(ValueError):
    """What a file or a table is refused with: one line that names the part or the column."""

    def __init__(self, message: str) -> None:
        # A name may hold a line end.
        super().__init__(_LINE_END.sub(" ", message))
