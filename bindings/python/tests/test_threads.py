"""Threads, pools, forks."""
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import liboptim
import numpy as np
import pytest

N = 600_000  # enough for a step on several threads


def trained(steps=5, pool=None, threads=0, chain="adam"):
    numbers = np.random.default_rng(5)
    w, g = numbers.standard_normal(N), numbers.standard_normal(N)
    opt = liboptim.create(chain, [w], [g], lr=0.01)
    opt.set_threads(threads)
    opt.set_executor(pool)
    for _ in range(steps):
        opt.step()
    return w


def test_other_threads_run_during_a_step():
    """A long step on one thread, while another looks at the clock: with the GIL held it could do so between steps only."""
    w, g = np.ones(10_000_000), np.ones(10_000_000)
    opt = liboptim.Adam([w], [g])
    opt.set_threads(1)
    opt.step()
    begun, during = threading.Event(), 0
    for _ in range(5):
        ticks = []

        def tick():
            begun.set()
            for _ in range(1000):
                ticks.append(time.perf_counter())
                time.sleep(1e-4)

        thread = threading.Thread(target=tick)
        thread.start()
        begun.wait()
        begin = time.perf_counter()
        opt.step()
        end = time.perf_counter()
        thread.join()
        margin = (end - begin) / 4
        during += sum(begin + margin < t < end - margin for t in ticks)
    assert during > 20


def test_different_optimizers_in_many_threads():
    expected = trained()
    results = [None] * 6

    def work(i):
        results[i] = trained()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(results))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(result, expected) for result in results)


def test_one_optimizer_in_many_threads():
    """One waits for the other: as many steps as were asked for, each whole."""
    w = np.ones(10_000)
    opt = liboptim.SGD([w], [np.ones(10_000)], lr=2.0 ** -10)
    failures = []

    def work():
        try:
            for _ in range(200):
                opt.step()
                assert opt.steps > 0 and opt.lr == 2.0 ** -10
                opt.state
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and opt.steps == 1000 and np.all(w == 1 - 1000 * 2.0 ** -10)


def test_settings_of_threads():
    assert np.array_equal(trained(threads=1), trained(threads=3))
    for wrong in (-1, 2000):
        with pytest.raises(ValueError):
            liboptim.SGD().set_threads(wrong)
    with pytest.raises(TypeError):
        liboptim.SGD().set_threads(1.5)


class Counting(ThreadPoolExecutor):
    given = 0

    def submit(self, *args, **kwargs):
        self.given += 1
        return super().submit(*args, **kwargs)


def test_steps_on_a_pool():
    expected = trained(threads=1)
    with Counting(3) as pool:
        assert np.array_equal(trained(pool=pool, threads=4, steps=5), expected)
        assert pool.given > 0
    assert np.array_equal(trained(pool=pool, threads=4), expected)  # shut down
    with pytest.raises(TypeError, match="ThreadPoolExecutor"):
        liboptim.SGD().set_executor(map)


def test_a_pool_that_is_busy_or_broken():
    expected = trained(threads=1)
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go.wait)
        assert np.array_equal(trained(pool=pool, threads=4), expected)
        go.set()

    def fail():
        raise ZeroDivisionError

    with ThreadPoolExecutor(2, initializer=fail) as pool:
        assert np.array_equal(trained(pool=pool, threads=4), expected)


def test_from_within_the_pool():
    expected = trained(threads=1)
    with ThreadPoolExecutor(1) as pool:
        assert np.array_equal(pool.submit(trained, pool=pool, threads=4).result(), expected)


def test_the_optimizer_cannot_be_used_by_its_pool():
    caught = []

    class Meddling(ThreadPoolExecutor):
        def submit(self, *args, **kwargs):
            for use in (opt.step, opt.close, lambda: opt.steps, lambda: opt.set("lr", 1)):
                try:
                    use()
                except liboptim.OptimStateError as error:
                    caught.append(error)
            return super().submit(*args, **kwargs)

    w = np.ones(N)
    opt = liboptim.Adam([w], [np.ones(N)])
    opt.set_threads(4)
    with Meddling(2) as pool:
        opt.set_executor(pool)
        for _ in range(5):
            opt.step()
    assert len(caught) >= 4 and len(caught) % 4 == 0 and opt.steps == 5


def test_an_interrupt_leaves_a_whole_step():
    """A handler that raises while the pool works: the step is finished, then the exception is raised."""
    expected = trained(threads=1, steps=3)
    numbers = np.random.default_rng(5)
    w, g = numbers.standard_normal(N), numbers.standard_normal(N)
    opt = liboptim.Adam([w], [g], lr=0.01)
    opt.set_threads(4)

    class Interrupting(ThreadPoolExecutor):
        def submit(self, *args, **kwargs):
            future = super().submit(*args, **kwargs)
            signal.raise_signal(signal.SIGINT)
            return future

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which is not Python's in the background of a shell
    with Interrupting(2) as pool:
        opt.set_executor(pool)
        interrupts = 0
        for _ in range(3):
            try:
                opt.step()
            except KeyboardInterrupt:
                interrupts += 1
    signal.signal(signal.SIGINT, before)
    assert interrupts > 0 and opt.steps == 3 and np.array_equal(w, expected)


def child_status(work):
    """Run it in a forked child; its exit status, or a failure after a while."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    for _ in range(3000):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "did not end"


def test_forked_children_go_on():
    expected = trained(steps=6)
    numbers = np.random.default_rng(5)
    w, g = numbers.standard_normal(N), numbers.standard_normal(N)
    opt = liboptim.Adam([w], [g], lr=0.01)
    for _ in range(3):
        opt.step()

    def rest():
        for _ in range(3):
            opt.step()
        return np.array_equal(w, expected)

    assert child_status(rest) == 0
    assert rest()  # the child's steps were its own


def test_forks_while_other_threads_step():
    """The child finds every handle between two steps, and can use it."""
    w = np.ones(N)
    opt = liboptim.SGD([w], [np.ones(N)], lr=2.0 ** -20)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            opt.step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        while opt.steps == 0:
            time.sleep(0.001)

        def whole():
            opt.step()
            return np.all(w == 1 - opt.steps * 2.0 ** -20)

        results = [child_status(whole) for _ in range(15)]
    finally:
        stop.set()
        thread.join()
    assert results == [0] * 15


def test_forks_in_many_threads():
    opt = liboptim.SGD([np.ones(3)], [np.ones(3)])
    results = []

    def work():
        for _ in range(10):
            liboptim.Adam([np.ones(3)])
            results.append(child_status(lambda: opt.step() is None))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 40


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map(trained, [5, 5, 5])
    assert all(np.array_equal(result, trained(5)) for result in results)


def test_exit_while_a_thread_steps():
    program = """
import threading, time, numpy as np, liboptim
opt = liboptim.Adam([np.ones(1_000_000)], [np.ones(1_000_000)])
def work():
    while True:
        opt.step()
threading.Thread(target=work, daemon=True).start()
while opt.steps < 3:
    time.sleep(0.001)
print("ends")
"""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "ends\n", "")
