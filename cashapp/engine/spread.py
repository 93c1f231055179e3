"""Work on a long batch by several processes at once: each takes a part, all read the same book.

The processes are forked when the book is made, so it is shared and not copied; they do nothing but think, and end without tidying up
after the parent (open connections and files are the parent's). A part whose process fails is done again here, where its error shows.
"""

import os
import pickle
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def spread(work: Callable[[Sequence[T]], R], rows: Sequence[T], processes: int) -> list[R]:
    """What `work` makes of the rows in so many parts, in their order; the first part is done in this process."""
    size = -(-len(rows) // processes)
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    children = [(part, *_begun(work, part)) for part in parts[1:]]
    found = [work(part) for part in parts[:1]]
    for part, pid, source in children:
        with os.fdopen(source, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(pid, 0)
        found.append(pickle.loads(answer) if status == 0 and answer else work(part))
    return found


def _begun(work: Callable[[Sequence[T]], R], part: Sequence[T]) -> tuple[int, int]:
    """A process that works on a part, and the pipe on which its answer comes."""
    source, target = os.pipe()
    pid = os.fork()
    if pid:
        os.close(target)
        return pid, source
    code = 1
    try:
        os.close(source)
        with os.fdopen(target, "wb") as pipe:
            pipe.write(pickle.dumps(work(part), protocol=pickle.HIGHEST_PROTOCOL))
        code = 0
    finally:
        os._exit(code)
