"""Steps made ahead of their use, in a thread of their own."""

import threading
from collections.abc import Iterable, Iterator
from queue import Queue
from typing import TypeVar

Step = TypeVar("Step")


def ahead(steps: Iterable[Step], depth: int = 1) -> Iterator[Step]:
    """The same steps in the same order, at most `depth` of them made before they are asked for.

    Compiled libraries let go of Python's lock, so that reading, sorting and writing overlap.
    An exception of the steps is raised where the next step would have come.
    """
    queue: Queue[tuple[str, object]] = Queue(depth)
    stopped = threading.Event()
    threading.Thread(target=_produce, args=(steps, queue, stopped), daemon=True).start()
    try:
        while True:
            kind, value = queue.get()
            if kind == "end":
                return
            if kind == "error" and isinstance(value, BaseException):
                raise value
            yield value  # type: ignore[misc]
    finally:
        stopped.set()
        # The thread may wait to hand over a step that nobody will take.
        while not queue.empty():
            queue.get_nowait()


def _produce(
    steps: Iterable[object], queue: Queue[tuple[str, object]], stopped: threading.Event
) -> None:
    try:
        for step in steps:
            queue.put(("step", step))
            if stopped.is_set():
                return
        queue.put(("end", None))
    except BaseException as error:  # noqa: BLE001
        queue.put(("error", error))
