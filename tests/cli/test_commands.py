"""Every command, for people and as JSON, with its exit code; one line for each refusal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import pytest

import earwitness
import sounds
from earwitness.cli.main import earwitness as entrance
from earwitness.cli.main import main
from earwitness.cli.show import ExitCode
from earwitness.evidence.names import safe_text
from earwitness.outcome import Finding


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        """What it printed, as data."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, as its entrance does."""

    def run_it(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["earwitness", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return run_it


def commands(group: click.Group, names: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """All commands, by the words that call them."""
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, (*names, name))
        else:
            found.append((*names, name))
    return found


COMMANDS = commands(entrance)


def needs_an_argument(words: tuple[str, ...]) -> bool:
    """Whether a command cannot do anything without being told with what."""
    command: click.Command = entrance
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    return words == ("report",) or any(
        isinstance(each, click.Argument) and each.required for each in command.params
    )


def test_these_are_the_commands() -> None:
    """None of them is gone, under its name."""
    assert set(COMMANDS) >= {
        ("case", "new"), ("case", "add"), ("case", "withdraw"), ("case", "show"), ("examine",),
        ("replay",), ("report",), ("verify",), ("examinations",),
    }  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_and_takes_json(run: Run, words: tuple[str, ...]) -> None:
    """--help says what it does; --json may stand behind the command's name."""
    helped = run(*words, "--help")
    assert helped.code == 0
    assert "--json" in helped.out
    assert len(helped.out.split("\n\n")[1].strip()) > 10


@pytest.mark.parametrize("words", [*filter(needs_an_argument, COMMANDS)], ids=" ".join)
def test_a_missing_argument_is_a_question_of_usage(run: Run, words: tuple[str, ...]) -> None:
    """Exit code 2, and the usage on the error output."""
    ran = run(*words)
    assert ran.code == ExitCode.USAGE == 2
    assert ran.out == ""
    assert "Usage: " in ran.error


@pytest.mark.parametrize("words", [("case", "add", "{}", "x.wav", "--as", "known"),
                                   ("case", "show", "{}"), ("case", "withdraw", "{}", "x"),
                                   ("replay", "{}"), ("report", "{}"), ("verify", "{}"),
                                   ("examine", "{}")], ids=" ".join)  # fmt: skip
def test_a_folder_without_a_case_is_code_5(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """One line that says what to do, the same for programs as JSON."""
    arguments = [word.format(tmp_path) for word in words]
    ran = run(*arguments)
    assert ran.code == ExitCode.CASE == 5
    assert ran.out == ""
    assert ran.error.startswith("earwitness: there is no case here")
    assert ran.error.count("\n") == 1
    told = json.loads(run(*arguments, "--json").error)
    assert told["error"] == "CaseNotFound"


def test_a_case_from_beginning_to_end(run: Run, tmp_path: Path, voice: Path, tone: Path) -> None:
    """new, add, show, examine, report, verify, replay, withdraw, for people."""
    folder = tmp_path / "tape.case"
    made = run("--as", "ada@desk", "case", "new", folder, "--questioned", voice, "--title", "Tape",
               "--speaker", "Ünal B.", "--publisher", "Wing", "--released", "2031", "--place",
               "Ilmar", "--language", "ar")  # fmt: skip
    assert made.code == 0
    assert "voice.wav, pcm_s16le in wav, 16000 Hz" in made.out
    assert run("case", "new", folder).code == ExitCode.CASE
    add = ("case", "add", folder, tone, "--as", "known", "--speaker", "Berta")
    assert run(*add).code == 0
    assert "(was there already)" in run(*add).out
    shown = run("case", "show", folder, "--custody")
    assert "Berta" in shown.out
    assert "ada@desk" in shown.out
    assert "Not examined" in shown.out or "not carried out" in shown.out
    examined = run("examine", folder, "--only", "container,quality")
    assert examined.code == 0
    assert examined.out.count("finding") == 4
    reported = run("report", folder)
    assert (folder / "reports" / "report.html").is_file()
    assert str(folder / "reports" / "report.html") in reported.out.replace("\n", "")
    assert run("report", folder, "--format", "json", "--output", tmp_path / "r.json").code == 0
    assert json.loads((tmp_path / "r.json").read_text())["claims"]["speaker"] == "Ünal B."
    verified = run("verify", folder)
    assert verified.code == 0
    assert "all is whole" in verified.out
    assert earwitness.open(folder).custody[-1].hash in verified.out
    replayed = run("replay", folder)
    assert replayed.code == 0
    assert "4 of 4 outcomes are the same" in replayed.out
    assert run("case", "withdraw", folder, "tone.wav").code == 0
    assert run("case", "withdraw", folder, "tone.wav").code == ExitCode.REFUSED == 3


def test_everything_as_json(run: Run, tmp_path: Path, tone: Path) -> None:
    """Each command prints one JSON document, and nothing else."""
    folder = tmp_path / "tape.case"
    (made,) = run("--json", "case", "new", folder, "--questioned", tone).json
    assert made["name"] == "tone.wav"
    assert made["is_new"] is True
    (again,) = run("case", "add", folder, tone, "--as", "questioned", "--json").json
    assert again["is_new"] is False
    examined = run("examine", folder, "--json", "--only", "quality").json
    (outcome,) = examined["outcomes"]
    assert outcome["method"] == "quality_v1"
    assert outcome["outcome"]["kind"] == "finding"
    shown = run("case", "show", folder, "--json", "--custody").json
    assert [entry["act"] for entry in shown["custody"]] == ["new", "add", "examine"]
    assert Path(run("report", folder, "--json").json["report"]).is_file()
    verified = run("verify", folder, "--json").json
    assert verified["is_whole"] is True
    assert verified["head"]["number"] == verified["entries"] == 4
    replayed = run("replay", folder, "--json").json
    assert replayed["all_same"] is True
    assert run("case", "withdraw", folder, "tone.wav", "--json").json["withdrawn"] == made["sha256"]
    names = [each["name"] for each in run("examinations", "--json").json]
    assert {"container_v1", "quality_v1"} <= set(names)
    schema = run("report", "--schema").json
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_a_recording_without_a_case(run: Run, tmp_path: Path, tone: Path) -> None:
    """examine FILE makes a case beside it and writes its report; again, it uses both."""
    path = tmp_path / "tape.wav"
    path.write_bytes(tone.read_bytes())
    ran = run("examine", path, "--only", "container,quality")
    assert ran.code == 0
    assert (tmp_path / "tape.wav.case" / "reports" / "report.html").is_file()
    assert "report.html" in ran.out.replace("\n", "")
    first = (tmp_path / "tape.wav.case" / "reports" / "report.html").read_bytes()
    assert run("examine", path, "--only", "container,quality").code == 0
    assert (tmp_path / "tape.wav.case" / "reports" / "report.html").read_bytes() == first


def test_a_refused_file_is_code_3_and_leaves_no_case(run: Run, tmp_path: Path) -> None:
    """examine of what is no recording makes nothing."""
    path = tmp_path / "text.mp3"
    path.write_text("no sound " * 100)
    ran = run("examine", path)
    assert ran.code == ExitCode.REFUSED == 3
    assert ran.error.startswith("earwitness: the file is not a recording")
    assert ran.error.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["text.mp3"]


def test_one_refused_file_does_not_keep_the_others_out(
    run: Run, tmp_path: Path, tone: Path
) -> None:
    """The good ones are in, the bad one has its line, and the code tells."""
    folder = tmp_path / "tape.case"
    (tmp_path / "empty.wav").touch()
    assert run("case", "new", folder).code == 0
    ran = run("case", "add", folder, tmp_path / "empty.wav", tone, "--as", "known", "--json")
    assert ran.code == ExitCode.REFUSED
    assert [item.get("refused") for item in ran.json] == ["EmptyFile", None]
    assert len(earwitness.open(folder).exhibits) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("examine", "{}", "--only", "nonsense"), 3, "no examination named 'nonsense'"),
        (("case", "add", "{}", "x", "--as", "boss"), 2, "boss"),
        (("report", "{}", "--format", "doc"), 2, "doc"),
        (("report", "{}", "--output", "/dev/null/x.html"), 3, "the system refused"),
        (("case", "withdraw", "{}", "nothing.wav"), 3, "no single exhibit"),
        (("nonsense",), 2, "nonsense"),
        (("--nonsense",), 2, "--nonsense"),
    ],
)
def test_what_was_not_understood_or_allowed(
    run: Run, case: earwitness.Case, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """The code tells whether the command or its object was wrong; nothing is a traceback."""
    ran = run(*(each.format(case.path) for each in arguments))
    assert ran.code == code
    assert said in ran.error
    assert "Traceback" not in ran.error
    assert case.verify().is_whole


def test_parameters_in_case_toml_are_checked(run: Run, case: earwitness.Case) -> None:
    """An unknown examination or parameter there is refused by name."""
    path = case.path / "case.toml"
    whole = path.read_text()
    for text, said in (
        ("[examine.nonsense_v1]\n", "nonsense_v1"),
        ("[examine.container_v1]\nnonsense = 1\n", "nonsense"),
        ("[examine.container_v1]\nduration_tolerance_s = 'x'\n", "wrong type"),
    ):
        path.write_text(whole + text)
        ran = run("examine", case.path)
        assert (ran.code, said in ran.error) == (3, True), text


def test_an_altered_case_is_code_1(run: Run, case: earwitness.Case) -> None:
    """verify names what is altered, on the error output and as JSON."""
    sounds.flip_bit(case.path / "exhibits" / case.exhibits[0].sha256, 999)
    ran = run("verify", case.path)
    assert ran.code == ExitCode.NOT_WHOLE == 1
    assert "was altered after it was received" in ran.error
    assert "all is whole" not in ran.out
    told = run("verify", case.path, "--json")
    assert told.json["is_whole"] is False
    assert "exhibit" in told.json["problems"][0]["where"]


def test_a_failed_examination_is_code_4(run: Run, case: earwitness.Case) -> None:
    """An altered exhibit is not examined, and the code tells that something failed."""
    sounds.flip_bit(case.path / "exhibits" / case.exhibits[0].sha256, 999)
    ran = run("examine", case.path, "--only", "container")
    assert ran.code == ExitCode.FAILED == 4
    assert "ExhibitAltered" in ran.out


def test_another_outcome_on_replay_is_code_1(run: Run, examined: Path) -> None:
    """replay tells when an outcome is not reached again."""
    case = earwitness.open(examined)
    known = next(each for each in case.outcomes() if each.method == "quality_v1")
    case._folder.keep_outcome(replace(known, outcome=Finding(summary="Nobody speaks.")))
    ran = run("replay", examined)
    assert ran.code == ExitCode.NOT_WHOLE
    assert "3 of 4 outcomes are the same" in ran.out
    assert "NOT the same" in ran.out


HOSTILE_NAMES = [
    b"two\nlines.wav", b"\x1b]0;owned\x07\x1b[31mred.wav", "gpj.\u202evaw".encode(), b"caf\xe9\xff.wav",
    b"-rf.wav", b"[bold]markup.wav", ("ص" * 120 + ".wav").encode(), b"...",
    "emoji \U0001f399\ufe0f.wav".encode(), b":warning:.wav",
]  # fmt: skip


def test_names_cannot_act_on_the_terminal(run: Run, tmp_path: Path, tone: Path) -> None:
    """Whatever bytes a name has, what is printed of it is visible text."""
    folder, paths = tmp_path / "tape.case", []
    (tmp_path / "in").mkdir()
    for raw in HOSTILE_NAMES:
        paths.append(tmp_path / "in" / os.fsdecode(raw))
        paths[-1].write_bytes(tone.read_bytes() + raw)
    title = "\x1b[2Jtitle\u202e"
    printed = [run("case", "new", folder, "--title", title, "--speaker", "\x1b[31m"),
               run("case", "add", folder, "--as", "known", "--speaker", "\x1b[32m[red]", "--", *paths),
               run("case", "show", folder, "--custody"), run("examine", folder, "--only", "quality"),
               run("report", folder), run("verify", folder), run("replay", folder)]  # fmt: skip
    for ran in printed:
        assert ran.code == 0, ran.error
        for text in (ran.out, ran.error):
            assert safe_text(text.replace("\n", ""), 10**6) == text.replace("\n", "")
    everything = "".join(ran.out for ran in printed)
    assert r"two\x0alines.wav" in everything
    assert r"\x1b[31mred.wav" in everything
    assert r"gpj.\u202evaw" in everything
    assert r"caf\xe9\xff.wav" in everything
    assert "[bold]markup.wav" in everything
    assert ":warning:.wav" in everything
    as_json = run("case", "show", folder, "--json")
    assert as_json.out.isascii()
    assert len(as_json.json["exhibits"]) == len(HOSTILE_NAMES)


def test_exit_codes_are_documented(run: Run) -> None:
    """--help lists each code with its meaning."""
    helped = " ".join(run("--help").out.split())
    for code in ExitCode:
        assert f"{code.value} {code.meaning}" in helped


def entrance_process(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    """Start the command line as a process of its own."""
    command = [sys.executable, "-m", "earwitness.cli", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def test_ctrl_c_keeps_what_had_ended(tmp_path: Path, case: earwitness.Case) -> None:
    """Exit code 130, one line, a whole case."""
    process = entrance_process("examine", case.path, "--only", "container,quality")
    deadline = time.monotonic() + 20
    while not list(case.path.glob("cache/*/*/*.lock")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode in (0, 130), error  # 0 when it was done before the signal came
    assert "Traceback" not in error
    assert case.verify().is_whole
    assert (
        entrance_process("examine", case.path, "--only", "container,quality").communicate()[1] == ""
    )
    assert len(case.outcomes()) == 2


def test_a_reader_that_goes_away_is_no_error(case: earwitness.Case) -> None:
    """``earwitness ... | head -1`` ends quietly."""
    process = entrance_process("case", "show", case.path, "--json", "--custody")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert process.returncode == 0
    assert error == ""


def test_progress_is_only_for_a_terminal(case: earwitness.Case) -> None:
    """Nothing is drawn into a file or a pipe."""
    out, error = entrance_process("examine", case.path, "--only", "container").communicate()
    assert error == ""
    assert re.search("\x1b", out) is None


def test_a_user_without_a_name_can_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the user may be but a number."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nameless)
    made = earwitness.new(tmp_path / "a.case")
    assert made.custody[0].who.startswith(f"uid{os.getuid()}@")
