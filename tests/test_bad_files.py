"""Every bad file: refused in one clear line, or examined within bounds; the case stays whole.

Recordings of many hours take minutes; they are walked when EARWITNESS_LONG is set.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

import earwitness
from bad_files.kinds import BadFile
from bad_files.make import make_all
from earwitness import errors
from earwitness.cli.main import main
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_name
from earwitness.examinations import newest_examinations
from earwitness.outcome import Failed, NotExamined
from earwitness.store.database import Examined
from earwitness.workbench import Added, Case, Refused

MOST_SECONDS, MOST_MEGABYTES = 60.0, 1_000.0


@dataclass(frozen=True)
class Walked:
    """All bad files after they were given to one case, beside a good recording."""

    files: dict[str, BadFile]
    results: dict[str, Added | Refused]
    examined: list[Examined]
    case: Case
    good: str
    peak_mb: float


@dataclass
class Peak:
    """The most memory that any one process below this one has held while it was watched."""

    megabytes: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look at them twenty times a second, until it is over."""
        # What the system adds up over ended children counts those of other tests too, and each
        # child as large as this process was when it started it.
        mine = psutil.Process()
        while not self._ended.wait(0.05):
            for child in mine.children(recursive=True):
                with suppress(psutil.Error, OSError, IndexError):
                    if child.cmdline() != mine.cmdline():
                        status = Path(f"/proc/{child.pid}/status").read_text()
                        held = int(status.split("VmHWM:")[1].split()[0]) / 1024
                        self.megabytes = max(self.megabytes, held)


@contextmanager
def watched() -> Iterator[Peak]:
    """Watch the processes below this one meanwhile."""
    peak = Peak()
    watching = threading.Thread(target=peak.watch)
    watching.start()
    try:
        yield peak
    finally:
        peak._ended.set()
        watching.join()


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, tone: Path) -> Iterator[Walked]:
    """Add every bad file to one case, and examine it."""
    folder = tmp_path_factory.mktemp("bad")
    files = make_all(folder / "files")
    case = earwitness.new(folder / "bad.case", questioned=[tone])
    good = case.exhibits[0].sha256
    results = {}
    for name, bad in files.items():
        (results[name],) = case.add([bad.path], "known", speaker=name)
    with watched() as peak:
        examined = list(case.examine())
    yield Walked(files, results, examined, case, good, peak.megabytes)
    for bad in files.values():
        if bad.path.is_file() and not bad.path.is_symlink():
            bad.path.chmod(0o644)


def test_each_is_accepted_or_refused_as_expected(walked: Walked) -> None:
    """With the class of error that says what is wrong with it."""
    wrong = []
    for name, bad in walked.files.items():
        result = walked.results[name]
        got = (
            f"refused: {type(result.error).__name__}" if isinstance(result, Refused) else "accepted"
        )
        if got != bad.expected.split(": too short")[0]:
            wrong.append((name, bad.what_is_wrong, got, bad.expected))
    assert wrong == []
    assert sum(isinstance(result, Refused) for result in walked.results.values()) > 20


def test_each_refusal_is_one_clear_line(walked: Walked) -> None:
    """What is wrong, and where it helps what was found, expected, and can be done; no traceback."""
    for name, result in walked.results.items():
        if isinstance(result, Refused):
            line = str(result.error)
            assert len(line.splitlines()) == 1, name
            assert 20 < len(line) < 400, name
            assert re.search(r"Traceback|Errno|0x[0-9a-f]{6}|<av\.|object at", line) is None, line
            assert str(walked.case.path) not in line, "the reader knows the file by its own name"


def test_the_command_line_refuses_with_its_code(
    walked: Walked, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``earwitness examine FILE``: exit code 3, one line on the error output, no case left."""
    for name, result in walked.results.items():
        if not isinstance(result, Refused) or isinstance(result.error, errors.TooLong):
            continue
        path = walked.files[name].path
        if path.is_dir():
            continue  # a folder is taken for a case
        monkeypatch.setattr(sys, "argv", ["earwitness", "examine", "--", str(path)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (name, ended.value.code, printed.out) == (name, 3, "")
        assert printed.err.startswith("earwitness: ")
        assert printed.err.count("\n") == 1
        assert not path.with_name(f"{path.name}.case").exists()


def test_each_accepted_file_ends_in_an_outcome_for_every_examination(walked: Walked) -> None:
    """Exactly one each, none of them Failed: what is wrong with a file is no fault of ours."""
    expected = sorted(e.name for e in newest_examinations().values() if Role.KNOWN in e.applies_to)
    names = {r.sha256: name for name, r in walked.results.items() if isinstance(r, Added)}
    for sha256, name in names.items():
        mine = [each for each in walked.examined if each.exhibit == sha256]
        assert sorted(each.method for each in mine) == expected, name
    failed = [(names.get(each.exhibit), each.method, each.outcome) for each in walked.examined
              if isinstance(each.outcome, Failed)]  # fmt: skip
    assert failed == []


def test_what_is_too_short_is_not_examined(walked: Walked) -> None:
    """One sample is no reason to say anything about its quality."""
    short = {name for name, bad in walked.files.items() if bad.expected == "accepted: too short"}
    assert short
    for name in short:
        result = walked.results[name]
        assert isinstance(result, Added)
        (quality,) = [
            e for e in walked.examined if e.exhibit == result.sha256 and e.method == "quality_v1"
        ]
        assert isinstance(quality.outcome, NotExamined)


def test_time_and_memory_are_bounded(walked: Walked) -> None:
    """No examination took a minute, and no process that was started here a gigabyte."""
    assert max(each.seconds for each in walked.examined) < MOST_SECONDS
    assert 0 < walked.peak_mb < MOST_MEGABYTES


def test_the_case_stays_whole_and_the_good_recording_is_examined(walked: Walked) -> None:
    """Nothing of what was refused is left in the case, and nothing of it stopped the others."""
    found = walked.case.verify()
    assert (found.problems, found.notes) == ([], [])
    kept = {path.name for path in (walked.case.path / "exhibits").iterdir()}
    accepted = {r.sha256 for r in walked.results.values() if isinstance(r, Added)}
    assert kept == accepted | {walked.good}
    good = {e.method: e.outcome.kind for e in walked.examined if e.exhibit == walked.good}
    assert good["container_v1"] == good["quality_v1"] == "finding"


def test_the_report_shows_their_names_and_runs_none_of_them(walked: Walked) -> None:
    """Names and tags that are markup, or turn text round, are printed as what they are."""
    page = walked.case.report("html").read_text()
    assert "<script" not in page
    assert re.search("[\u202a-\u202e\u2066-\u2069\x1b]", page) is None
    shown = {exhibit.name for exhibit in walked.case.exhibits}
    for name, result in walked.results.items():
        if isinstance(result, Added) and name.startswith("name_"):
            # The same bytes came in under several names; the first is the exhibit's.
            assert result.name == safe_name(walked.files[name].path.name)
    assert shown


@pytest.mark.slow
@pytest.mark.skipif(
    "EARWITNESS_LONG" not in os.environ, reason="takes minutes: set EARWITNESS_LONG to walk it"
)
def test_ten_hours_are_examined_and_thirty_refused(tmp_path: Path) -> None:
    """Ten hours of silence end in outcomes within ten minutes; a file of thirty is refused."""
    files = make_all(tmp_path / "files", long=True)
    case = earwitness.new(tmp_path / "long.case")
    ten, thirty = case.add(
        [files["ten_hours.wav"].path, files["thirty_hours.wav"].path], "questioned"
    )
    assert isinstance(ten, Added)
    assert isinstance(thirty, Refused)
    assert isinstance(thirty.error, errors.TooLong)
    with watched() as peak:
        examined = list(case.examine(["container", "quality"]))
    assert {each.outcome.kind for each in examined} == {"finding"}
    assert max(each.seconds for each in examined) < 600
    assert 0 < peak.megabytes < MOST_MEGABYTES
    assert case.verify().is_whole
