"""Work on a Dask cluster: processes of this machine, or workers of a running scheduler.

Dask sends pickles between its processes, so all that take part in a cluster trust each other as they
trust the package's code. What is put into those pickles is small: names of the package's own functions,
text and bytes; what comes back is bytes, read by readers of our own. A cluster that is started here
listens on the loopback only, and speaks TLS with a key that only its own processes have.
"""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

from earwitness.archive.sharing import AHEAD, Call, Given, Lost, Pending
from earwitness.archive.worker import ONE_THREAD
from earwitness.errors import EngineUnfit, EngineUnreachable, MissingPart

ENGINE = "EARWITNESS_ENGINE"
PROCESSES, DASK = "processes", "dask"
PROTOCOLS = ("tcp://", "tls://")
_TRIES = 4  # how often a call is begun anew whose given bytes went with their workers
_LOOK_EVERY_S = 1.0
_COUNT_EVERY_S = 5.0
_PATIENCE_S = 30.0
_TO_CONNECT_S = 10.0
_NEVER = "10000 days"


def is_engine(name: str) -> bool:
    """Whether an engine can go by that name."""
    return name in (PROCESSES, DASK) or name.startswith(PROTOCOLS)


@contextmanager
def engine_named(name: str, *, workers: int | None = None) -> Iterator[Cluster | None]:
    """Have an engine for a while; None stands for the way without any.

    Parameters
    ----------
    name : str
        ``processes``, ``dask`` for a cluster on this machine, or a scheduler's address.
    workers : int, optional
        How many processes, where they are started here.

    Raises
    ------
    MissingPart
        If Dask is not installed.
    EngineUnreachable
    """
    if name == PROCESSES:
        yield None
        return
    with ExitStack() as stack:
        distributed = _distributed()
        if name == DASK:
            count = workers or len(os.sched_getaffinity(0))
            address, security = stack.enter_context(_local(distributed, count))
        else:
            address, security = name, None
        client = _client(distributed, address, security)
        cluster = stack.enter_context(closing(Cluster(distributed, client, address)))
        cluster.wait_for_workers()
        yield cluster


class Cluster:
    """A Dask cluster as an engine."""

    def __init__(self, distributed: Any, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._closed = (distributed.client.ClosedClientError, distributed.CancelledError)
        self._workers: Mapping[str, int] = {}
        self._counted = 0.0

    @property
    def ahead(self) -> int:
        """How many calls may be begun whose answers were not taken."""
        return AHEAD * max(1, len(self._known_workers()))

    @property
    def at_once(self) -> int:
        """How many calls are carried out at the same time."""
        return max(1, sum(self._known_workers().values()))

    def begin(self, call: Call, *arguments: str | bytes | Given, near: str = "") -> Pending:
        """Begin a call on some worker; on the one that its ``near`` has had, while that is there."""
        return _Begun(self, call, arguments, near)

    def give(self, data: bytes) -> Given:
        """Give all workers the same bytes."""
        return _GivenBytes(self, data)

    def listen(self, topic: str) -> queue.SimpleQueue[Any]:
        """What workers say under a topic from now on, as it comes."""
        said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        with self.troubles_named():
            self._client.subscribe_topic(topic, lambda event: said.put(event[1]))
        return said

    def close(self) -> None:
        """Let the cluster go; what is under way is given up."""
        with _quiet():
            self._client.close(timeout=_LOOK_EVERY_S)

    def submit(self, call: Call, arguments: tuple[Any, ...], near: str) -> Any:
        """Hand a call to the scheduler."""
        place = {}
        if near and (workers := self._known_workers()):
            # of each worker a hash with the name: when one goes or comes, only its own share moves
            best = max(workers, key=lambda worker: _hash_of(f"{near} {worker}"))
            place = {"workers": [best], "allow_other_workers": True}
        with self.troubles_named():
            return self._client.submit(call, *arguments, pure=False, **place)

    def scatter(self, data: bytes) -> Any:
        """Hand bytes to every worker."""
        with self.troubles_named():
            return self._client.scatter(data, broadcast=True, hash=False)

    def settled(self, future: Any) -> bytes | Lost | None:
        """The answer of a call; None if it went away with its workers and is to be begun anew."""
        while True:
            try:
                error = future.exception(timeout=_LOOK_EVERY_S)
            except TimeoutError:
                self.wait_for_workers()
                continue
            if error is not None:
                return self._lost(error)
            if future.status != "finished":  # cancelled: by the cluster, as nobody here does that
                if self._client.status != "running":
                    raise self._unreachable("a scheduler that went away")
                return None
            answer = self._fetched(future)
            if answer is not None:
                break
            self.wait_for_workers()
        if not isinstance(answer, bytes):
            raise EngineUnfit("a worker answered with something else than bytes")
        return answer

    def _fetched(self, future: Any) -> Any:
        """An answer from the worker that has it; None if it does not come, as when that worker is gone."""
        with self.troubles_named(), suppress(TimeoutError):
            return future.result(timeout=_PATIENCE_S)
        return None

    def _lost(self, error: Exception) -> Lost:
        """That workers were lost over a call, if that is what went wrong."""
        if type(error).__name__ == "KilledWorker":
            return Lost("all workers that took it were lost, one after the other")
        if isinstance(error, ImportError) or "deserializ" in str(error):
            raise EngineUnfit(
                "the cluster cannot run earwitness",
                got=" ".join(str(error).split())[:200],
                do="install the same earwitness where the scheduler and the workers run",
            ) from error
        raise error

    @contextmanager
    def troubles_named(self) -> Iterator[None]:
        """Tell what goes wrong with a connection as an error of ours."""
        try:
            yield
        except OSError as error:  # it broke, or an answer took too long
            raise self._unreachable(str(error)) from error
        except self._closed as error:
            raise self._unreachable("a scheduler that went away") from error

    def _unreachable(self, got: str) -> EngineUnreachable:
        return EngineUnreachable(
            f"the cluster at {self._address} does not answer",
            got=got[:200],
            do="run the same command again when it is back: what was written before stays",
        )

    def _known_workers(self) -> Mapping[str, int]:
        """The addresses of those who work, each with how many calls it carries out at once."""
        if not self._workers or time.monotonic() - self._counted > _COUNT_EVERY_S:
            with self.troubles_named():
                info = self._client.scheduler_info(n_workers=-1)
            if "workers" not in info:  # what a client says that was closed meanwhile
                raise self._unreachable("a scheduler that went away")
            told = sorted(info["workers"].items())
            self._workers = {address: int(worker["nthreads"]) for address, worker in told}
            self._counted = time.monotonic()
        return self._workers

    def wait_for_workers(self) -> None:
        """Insist that somebody works; one that ended may be on its way back.

        Raises
        ------
        EngineUnreachable
        """
        until = time.monotonic() + _PATIENCE_S
        while not self._known_workers():
            if time.monotonic() > until:
                raise self._unreachable("a scheduler without workers")
            time.sleep(_LOOK_EVERY_S / 4)


class _GivenBytes:
    """Bytes that all workers have, until those that have them are gone."""

    def __init__(self, cluster: Cluster, data: bytes) -> None:
        self._cluster, self._data = cluster, data
        self.future = cluster.scatter(data)

    def renew(self) -> None:
        """Give them again, to those who work now."""
        if self.future.status != "finished":
            self.future = self._cluster.scatter(self._data)


class _Begun:
    """A call on a cluster."""

    def __init__(self, cluster: Cluster, call: Call, arguments: tuple[Any, ...], near: str) -> None:
        self._cluster, self._call, self._arguments, self._near = cluster, call, arguments, near
        self._future = self._submitted()

    def _submitted(self) -> Any:
        arguments = tuple(
            each.future if isinstance(each, _GivenBytes) else each for each in self._arguments
        )
        return self._cluster.submit(self._call, arguments, self._near)

    def done(self) -> bool:
        return bool(self._future.done())

    def result(self, beside: Iterable[Pending] | None = None) -> bytes | Lost:
        answer = self._answer()
        if beside is not None and isinstance(answer, Lost):
            for each in beside:
                each.result()
            self._future = self._submitted()
            answer = self._answer()
        return answer

    def _answer(self) -> bytes | Lost:
        for _ in range(_TRIES):
            answer = self._cluster.settled(self._future)
            if answer is not None:
                return answer
            for each in self._arguments:
                if isinstance(each, _GivenBytes):
                    each.renew()
            self._future = self._submitted()
        return Lost("what was given to the workers went with them, again and again")


def _hash_of(text: str) -> bytes:
    """A hash of a text, the same in every process."""
    return hashlib.sha256(text.encode()).digest()


def _distributed() -> Any:
    try:
        import distributed  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise MissingPart(
            "work on a cluster needs the package distributed",
            do="install it with: pip install 'earwitness[cluster]'",
        ) from error
    return distributed


@contextmanager
def _local(distributed: Any, workers: int) -> Iterator[tuple[str, Any]]:
    """A cluster of this machine alone, for as long as it is needed.

    A killed worker is started again. Dask would give up one that is not there fifteen seconds after it was
    killed, also if it has come back meanwhile and was killed once more, as a deadly file does.
    """
    import dask  # noqa: PLC0415  (an extra)

    try:
        security = distributed.Security.temporary()
    except ImportError as error:
        raise MissingPart(
            "a cluster of this machine needs the package cryptography",
            do="install it with: pip install 'earwitness[cluster]'",
        ) from error
    settings = {
        # As in processes of our own; left to itself, Dask would have memory trimmed after every array.
        "distributed.nanny.pre-spawn-environ": ONE_THREAD,
        "distributed.scheduler.http.routes": [],  # no pages, which would ask nobody who they are
        "distributed.worker.http.routes": [],
        "logging.distributed": "critical",
        # What a waiting cluster does: a third of the processor time that it takes by default.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "2s",
        "distributed.scheduler.active-memory-manager.start": False,
    }
    with _quiet(), dask.config.set(settings):
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tls://",
            security=security,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
    try:
        with dask.config.set({"distributed.deploy.lost-worker-timeout": _NEVER}):
            yield cluster.scheduler_address, security
    finally:
        with _quiet():
            cluster.close(timeout=_PATIENCE_S)


def _client(distributed: Any, address: str, security: Any) -> Any:
    try:
        with _quiet():
            return distributed.Client(
                address, security=security, timeout=_TO_CONNECT_S, set_as_default=False
            )
    except (OSError, TypeError, ValueError) as error:  # TypeError: tls:// without a key
        raise EngineUnreachable(
            f"the cluster at {address} does not answer",
            got=str(error).splitlines()[0][:200],
            expected="a running Dask scheduler, and for tls:// the keys that Dask's settings name",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what Dask logs of connections that end; what matters is told as an error."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
