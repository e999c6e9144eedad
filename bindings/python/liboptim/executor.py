"""Steps on the threads of a concurrent.futures.ThreadPoolExecutor."""
from __future__ import annotations

import threading
import weakref
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import repeat
from typing import Any, Callable

from .handle import Handle
from .library import EXECUTOR


def callback(handle: Handle, pool: ThreadPoolExecutor) -> Any:
    """What the C library calls to have its pieces run.

    Every piece must have run, once, when it returns, whatever happens in Python. So the pieces are in a queue, which
    the calling thread empties too: a pool that is busy, broken, shut down or lost in a fork only makes the step slower.
    After a KeyboardInterrupt it goes on, and the exception is raised when the step is over.
    """
    owner = weakref.ref(handle)  # which has the callback

    def run(_: Any, count: int, task: Any, job: Any) -> None:
        todo = deque(range(count))
        own: list[None] = []       # a None for each piece that has run here,
        finished: list[None] = []  # and in the pool
        one_more = threading.Semaphore(0)
        futures: "list[Future[None]]" = []
        attempts = iter(range(count - 1))
        raised: list[BaseException] = []

        def work() -> None:
            while True:
                try:
                    index = todo.popleft()
                except IndexError:
                    return
                task(job, index)
                finished.append(None)
                one_more.release()

        def give() -> None:
            try:
                for _ in attempts:
                    futures.append(pool.submit(work))
            except RuntimeError:  # which is how a pool says that it takes no more
                pass

        def work_here() -> None:
            try:  # taken and run in C, so that no signal's handler comes between
                own.extend(map(task, repeat(job), iter(todo.popleft, None)))
            except IndexError:
                pass

        def wait() -> None:
            while len(own) + len(finished) < count:
                one_more.acquire(timeout=0.05)
            for future in futures:
                future.cancel()

        for part in (give, work_here, wait):
            _finish(part, raised)
        alive = owner()
        if raised and alive is not None:
            alive.raised = raised[0]

    return EXECUTOR(run)


def _finish(part: Callable[[], None], raised: list[BaseException]) -> None:
    """Do it, and what is left of it if a signal's handler raises something."""
    while True:
        try:
            return part()
        except BaseException as error:  # pylint: disable=broad-except
            raised.append(error)
