"""What all tests share: small sounds, cases made of them, and a clock that can be foretold."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import filelock
import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import earwitness  # noqa: E402
import servers  # noqa: E402
import sounds  # noqa: E402
from earwitness.examinations import all_examinations  # noqa: E402
from earwitness.store.server import prepare  # noqa: E402
from earwitness.workbench import Case  # noqa: E402

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("earwitness", deadline=None)
hypothesis.settings.load_profile("earwitness")

# A shell starts what it puts in the background with interrupts ignored, and commands inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Golden files are rewritten only when that is asked for by name."""
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the golden reports anew; then read the difference before it is committed",
    )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real recordings that are not part of the project; see the guide for developers."""
    place = os.environ.get("EARWITNESS_DATA", str(ROOT.parent / "shared" / "data"))
    if not Path(place).is_dir():
        pytest.skip(f"no real recordings at {place}: set EARWITNESS_DATA to a folder of them")
    return Path(place)


@pytest.fixture(scope="session")
def demo_sounds() -> Path:
    """The demo's committed sounds."""
    return ROOT / "demo" / "sounds"


@pytest.fixture(scope="session")
def _demo_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, built by its own script and examined; once for all processes that run tests."""
    from demo.case import build

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "demo.case"
    with filelock.FileLock(shared / "demo.lock"), pytest.MonkeyPatch.context() as patch:
        if not (shared / "demo.ready").exists():
            patch.setenv("EARWITNESS_MODELS", str(shared / "no-models"))
            moment = datetime(2033, 4, 20, 9, 0, tzinfo=UTC)
            case = build(folder, who="demo@desk", clock=lambda: moment)
            for _ in case.examine():
                pass
            (shared / "demo.ready").touch()
    return folder


@pytest.fixture
def demo_case(tmp_path: Path, _demo_once: Path) -> Path:
    """A copy of the demo's case, examined; free to be harmed."""
    return sounds.copy_case(_demo_once, tmp_path / "demo.case")


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a voice, as a WAV file of 16 kHz; not to be written to."""
    return sounds.write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", sounds.voice(4.0))


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of a tone, as a WAV file of 16 kHz; not to be written to."""
    return sounds.write_wav(tmp_path_factory.mktemp("tone") / "tone.wav", sounds.tone(1.0))


@contextmanager
def _prepared_store() -> Iterator[servers.Cluster]:
    if servers.programs() is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql-15")
    with servers.started() as made:
        prepare(made.url(servers.OWNER), grant=servers.ROLE)
        yield made


@pytest.fixture(scope="session")
def cluster() -> Iterator[servers.Cluster]:
    """A real PostgreSQL with the store's tables, for tests that do not stop it."""
    with _prepared_store() as made:
        yield made


@pytest.fixture
def own_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Cluster]:
    """A real PostgreSQL on which cases are made, and which the test may kill."""
    with _prepared_store() as made:
        monkeypatch.setenv("EARWITNESS_STORE", made.url())
        yield made


@pytest.fixture
def empty_store(cluster: servers.Cluster) -> servers.Cluster:
    """A database of the cluster in which no table was made yet."""
    return cluster.with_database(f"empty_{secrets.token_hex(6)}")


@pytest.fixture
def server_store(cluster: servers.Cluster, monkeypatch: pytest.MonkeyPatch) -> servers.Cluster:
    """Let cases be made on the server, at a desk that no other test uses."""
    monkeypatch.setenv("EARWITNESS_STORE", cluster.url())
    monkeypatch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")
    return cluster


@pytest.fixture(params=["folder", "server"])
def each_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Carry a test out twice: with cases in folders, and with cases on a PostgreSQL."""
    if request.param == "server":
        request.getfixturevalue("server_store")
    else:
        monkeypatch.delenv("EARWITNESS_STORE", raising=False)
    return str(request.param)


@pytest.fixture(autouse=True)
def _store_asked_for(request: pytest.FixtureRequest) -> None:
    """With EARWITNESS_TEST_STORE=server, all tests make their cases on a PostgreSQL."""
    if (
        os.environ.get("EARWITNESS_TEST_STORE") == "server"
        and "each_store" not in request.fixturenames
        and request.node.get_closest_marker("in_folder") is None
    ):
        request.getfixturevalue("server_store")


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """A clock that goes on by a second each time it is read."""
    start = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
    seconds = itertools.count()
    return lambda: start + timedelta(seconds=next(seconds))


@pytest.fixture
def case(tmp_path: Path, tone: Path, clock: Callable[[], datetime]) -> Case:
    """A case with one questioned recording of a second, not yet examined."""
    return earwitness.new(tmp_path / "a.case", questioned=[tone], who="ada@desk", clock=clock)


@pytest.fixture(scope="session")
def _examined_once(tmp_path_factory: pytest.TempPathFactory, voice: Path, tone: Path) -> Path:
    folder = tmp_path_factory.mktemp("examined") / "examined.case"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EARWITNESS_STORE", raising=False)
        return _examine_once(folder, voice, tone)


def _examine_once(folder: Path, voice: Path, tone: Path) -> Path:
    made = earwitness.new(folder, questioned=[voice], title="Examined", who="ada@desk")
    list(made.add([tone], "known", speaker="Berta"))
    list(made.examine(["container", "quality"]))
    article = folder.with_name("article.txt")
    article.write_text("Berta was born in Tal Sabah in 1971, according to a ministry statement.\n")
    made.draft(article)
    made.dossier.accept(list(made.dossier.read().statements)[:1])
    return folder


@pytest.fixture
def examined(tmp_path: Path, _examined_once: Path) -> Path:
    """A copy of a case of two examined recordings and a document; free to be harmed."""
    copied = sounds.copy_case(_examined_once, tmp_path / "examined.case")
    if os.environ.get("EARWITNESS_STORE"):
        earwitness.open(copied, who="ada@desk").move("server")
    return copied


@pytest.fixture
def known_examinations() -> Iterator[None]:
    """Forget which examinations there are, before and after."""
    all_examinations.cache_clear()
    yield
    all_examinations.cache_clear()


@pytest.fixture(scope="module")
def put_examination(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str, str], dict[str, str]]]:
    """Put a file into the examinations folder of a copy of the package; give the environment.

    Processes that are started from then on, workers among them, use the copy. Nothing in it is
    edited: the file is all that is added.
    """
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(Path(earwitness.__file__).parent, site / "earwitness")

    def put(name: str, source: str) -> dict[str, str]:
        (site / "earwitness" / "examinations" / f"{name}.py").write_text(source)
        return {**os.environ, "PYTHONPATH": str(site)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site))
        yield put
