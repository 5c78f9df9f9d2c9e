"""Exhibits in an object store: written once, hashed when read, on a local disk and on a server for S3."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import earwitness
import servers
import sounds
from earwitness.errors import (
    ExhibitAltered,
    MissingPart,
    StoreError,
    StoreNotReady,
    StoreUnreachable,
)
from earwitness.store import objects as objects_module
from earwitness.store.objects import Objects, _file_system
from earwitness.store.place import vault_of
from earwitness.workbench import Case, back_up, restore

pytestmark = pytest.mark.usefixtures("server_store")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of moto's server for S3, as a process of its own."""
    with servers.s3_server() as address:
        yield address


@pytest.fixture(params=["file", "s3"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An empty object store of each kind, which the environment names."""
    if request.param == "file":
        url = f"file://{tmp_path}/objects"
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3"))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        url = f"s3://bucket-{secrets.token_hex(6)}/cases"
        files, root = _file_system(url)
        files.invalidate_cache()
        files.mkdir(root.split("/")[0])
    monkeypatch.setenv("EARWITNESS_OBJECTS", url)
    yield url


def overwrite(place: str, sha256: str, content: bytes) -> None:
    """Put other bytes in an exhibit's place, as somebody would who can write there."""
    files, _ = _file_system(place)
    files.makedirs(named(sha256).rsplit("/", 1)[0], exist_ok=True)
    files.pipe_file(named(sha256), content)


def named(sha256: str) -> str:
    """The name of an exhibit's object at this test's desk."""
    return Objects.here(earwitness.store.server.desk_here()).name(sha256)


def test_an_exhibit_is_in_the_object_store(place: str, case: Case, tone: Path) -> None:
    """Its bytes are there under its hash, and the case is whole."""
    sha256 = case.exhibits[0].sha256
    files, _ = _file_system(place)
    assert files.cat_file(named(sha256)) == tone.read_bytes()
    found = case.verify()
    assert (found.problems, found.notes) == ([], [])


def test_a_copy_that_is_missing_is_fetched(place: str, case: Case) -> None:
    """Copies can be deleted; whoever needs one gets it again, and can examine."""
    sha256 = case.exhibits[0].sha256
    shutil.rmtree(case.path / "exhibits")
    assert case.verify().is_whole
    (ended,) = case.examine(["quality"])
    assert ended.outcome.kind == "finding"
    copy = case.path / "exhibits" / sha256
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == sha256
    assert copy.stat().st_mode & 0o222 == 0


def test_an_altered_object_is_found_and_never_used(place: str, case: Case) -> None:
    """verify names it though the copy is intact; fetched, it does not become a copy."""
    sha256 = case.exhibits[0].sha256
    overwrite(place, sha256, b"other bytes")
    assert f"exhibit {sha256[:12]}" in {problem.where for problem in case.verify().problems}
    shutil.rmtree(case.path / "exhibits")
    with pytest.raises(ExhibitAltered, match="altered in the object store"):
        _ = case.exhibits
    assert list((case.path / "exhibits").iterdir()) == []


def test_an_object_that_is_gone_is_found(place: str, case: Case) -> None:
    """Also while a copy is here; and the copy alone is no exhibit's keeping."""
    sha256 = case.exhibits[0].sha256
    files, _ = _file_system(place)
    files.rm_file(named(sha256))
    files.invalidate_cache()
    assert any("gone" in problem.what for problem in case.verify().problems)
    shutil.rmtree(case.path / "exhibits")
    with pytest.raises(ExhibitAltered, match="gone"):
        _ = case.exhibits


def test_an_altered_copy_is_found(place: str, case: Case) -> None:
    """The object is intact, but examinations would read the copy."""
    copy = sounds.writable(case.path / "exhibits" / case.exhibits[0].sha256)
    copy.write_bytes(b"other")
    assert any("altered" in problem.what for problem in case.verify().problems)


def test_what_stands_there_is_never_written_over(place: str, case: Case, tmp_path: Path) -> None:
    """A file whose name is taken by other bytes is refused, and those bytes stay."""
    other = sounds.write_wav(tmp_path / "other.wav", sounds.tone(0.5, hz=310))
    sha256 = hashlib.sha256(other.read_bytes()).hexdigest()
    overwrite(place, sha256, b"somebody else's")
    with pytest.raises(ExhibitAltered, match="stands under its name"):
        case.add_file(other, "known")
    files, _ = _file_system(place)
    assert files.cat_file(named(sha256)) == b"somebody else's"
    assert len(case.exhibits) == 1


def test_many_that_write_the_same_at_once_agree(place: str, tmp_path: Path) -> None:
    """Whoever is first writes it, the others find it, and nothing else is left behind."""
    path = tmp_path / "bytes"
    path.write_bytes(secrets.token_bytes(3_000_000))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    here = Objects.here("x")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: here.put(sha256, path), range(6)))
    files, root = _file_system(place)
    files.invalidate_cache()
    assert [name.rsplit("/", 1)[1] for name in files.find(root)] == [sha256]
    assert here.hash_of(sha256) == sha256


def test_a_desk_has_a_place_of_its_own(place: str, case: Case) -> None:
    """Another desk does not even learn whether an exhibit is there."""
    sha256 = case.exhibits[0].sha256
    assert Objects.here("another desk/../..").hash_of(sha256) == ""
    assert ".." not in Objects.here("another desk/../..").name(sha256)
    with pytest.raises(ValueError, match="not a SHA-256"):
        Objects.here("x").name("../x")


def test_a_case_moves_in_and_out_with_its_exhibits(
    place: str, tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its folder to server and object store and back; then it needs neither."""
    with monkeypatch.context() as patch:
        patch.delenv("EARWITNESS_STORE")
        made = earwitness.new(tmp_path / "m.case", questioned=[tone])
    sha256 = made.exhibits[0].sha256
    assert made.move("server").is_whole
    files, _ = _file_system(place)
    assert files.exists(named(sha256))
    shutil.rmtree(made.path / "exhibits")
    assert made.move("folder").is_whole
    for name in ("EARWITNESS_STORE", "EARWITNESS_OBJECTS"):
        monkeypatch.delenv(name)
    assert earwitness.open(made.path).verify().is_whole
    assert (made.path / "exhibits" / sha256).is_file()


def test_a_back_up_holds_the_exhibits(
    place: str, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made without copies here, and restores to another desk, exhibits and all."""
    shutil.rmtree(case.path / "exhibits")
    (backed_up,) = back_up(case.path, tmp_path / "backup")
    assert not backed_up.trouble
    monkeypatch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")
    (restored,) = restore(tmp_path / "backup", tmp_path / "restored", who="x")
    shutil.rmtree(restored.path / "exhibits")
    found = earwitness.verify(restored.path)
    assert (found.problems, found.notes) == ([], [])
    assert isinstance(vault_of(restored.path), objects_module.ObjectVault)


def test_a_case_whose_object_store_is_not_named_says_so(
    place: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting that is missing is named."""
    monkeypatch.delenv("EARWITNESS_OBJECTS")
    with pytest.raises(StoreNotReady, match="EARWITNESS_OBJECTS"):
        earwitness.open(case.path)


@pytest.mark.parametrize("url", ["ftp://x/y", "/a/folder", "memory://x", "nonsense"])
def test_another_kind_of_address_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is expected is said, and no case is begun."""
    monkeypatch.setenv("EARWITNESS_OBJECTS", url)
    with pytest.raises(StoreError, match="s3://"):
        earwitness.new(tmp_path / "a.case")
    assert not (tmp_path / "a.case" / "case.store").exists()


def test_a_bucket_that_is_not_there_is_named(place: str, tmp_path: Path) -> None:
    """Nothing is made on the way: a bucket, with its rules, is for those who administer it."""
    if not place.startswith("s3"):
        pytest.skip("a folder is made where there is none")
    path = tmp_path / "bytes"
    path.write_bytes(b"x")
    with pytest.raises(StoreUnreachable, match="no such place"):
        Objects(f"s3://nowhere-{secrets.token_hex(4)}/x", "d").put(
            hashlib.sha256(b"x").hexdigest(), path
        )


def test_a_store_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that says what to look at."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{servers.free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    away = Objects(f"s3://bucket-{secrets.token_hex(4)}/x", "d")
    away._files.clear_instance_cache()  # it would give the one that other tests reach
    _file_system.cache_clear()
    away = Objects(f"s3://bucket-{secrets.token_hex(4)}/x", "d")
    path = tmp_path / "bytes"
    path.write_bytes(b"x")
    with pytest.raises(StoreUnreachable, match="see that it runs"):
        away.put(hashlib.sha256(b"x").hexdigest(), path)
    away._files.clear_instance_cache()
    _file_system.cache_clear()


def test_the_package_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_away: Callable[[str], None]
) -> None:
    """Without fsspec there is one line that says what to install."""
    put_away("fsspec.core")
    monkeypatch.setenv("EARWITNESS_OBJECTS", f"file://{tmp_path}/never-seen")
    with pytest.raises(MissingPart, match=r"earwitness\[objects\]"):
        earwitness.new(tmp_path / "a.case")


@pytest.fixture
def put_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a module look as if it were not installed."""
    return lambda name: monkeypatch.setitem(__import__("sys").modules, name, None)
