"""The documentation is complete, it is true, and what it shows can be run."""

from __future__ import annotations

import doctest
import filecmp
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import click
import pytest

import earwitness
import servers
from earwitness.cli.main import earwitness as entrance
from earwitness.cli.main import main
from earwitness.cli.show import ExitCode
from earwitness.errors import EarwitnessError, WorkerDied
from earwitness.evidence.exhibit import Role
from earwitness.examinations import Examination, all_examinations
from earwitness.report.data import report_schema
from earwitness.store.casefile import CaseFile

ROOT = Path(__file__).resolve().parents[1]
DOCS, SOUNDS, SOURCE = ROOT / "docs", ROOT / "demo" / "sounds", ROOT / "src" / "earwitness"
sys.path.insert(0, str(DOCS / "_ext"))

import described  # noqa: E402

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
COMMAND = [sys.executable, "-c", "from earwitness.cli import main; main()"]
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HASH = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b")


def blocks(text: str, *languages: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page that are in one of these languages, as (language, content)."""
    found = [(match[1], match[2]) for match in _BLOCK.finditer(text)]
    return [block for block in found if block[0] in languages]


def steps(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that the page shows."""
    for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = step.partition("\n")
        yield command, output


class Terminal:
    """Carries out what a page shows after a dollar sign, in one folder, without a shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0

    def type(self, line: str) -> str:
        """Carry out a command; give what it prints."""
        words = shlex.split(line)
        match words:
            case ["echo", "$?"]:
                return f"{self.code}\n"
            case ["cmp", first, second]:
                same = filecmp.cmp(self.folder / first, self.folder / second, shallow=False)
                self.code = 0 if same else 1
                return ""
            case ["earwitness", *_]:
                said = io.StringIO()
                with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
                    patch.setattr(sys, "argv", words)
                    with redirect_stdout(said), redirect_stderr(said):
                        main()
                self.code = int(ended.value.code or 0)
                return said.getvalue()
        raise AssertionError(f"a page shows a command that the test cannot carry out: {line}")


def check_console(terminal: Terminal, block: str) -> None:
    """Carry out a console block; what it shows must come, hashes aside, and nothing may go wrong.

    A command may go wrong only if the page then asks for its exit code.
    """
    checker = doctest.OutputChecker()
    shown = list(steps(block))
    assert shown, f"a console block without a command:\n{block}"
    for (command, want), (following, _) in zip(shown, [*shown[1:], ("", "")], strict=True):
        got = terminal.type(command)
        assert (
            terminal.code == 0
            or "$?" in (following, command.split()[-1])
            or following == ("echo $?")
        ), f"$ {command}\nended with {terminal.code}:\n{got}"
        want, got = _HASH.sub("#", want), _HASH.sub("#", got)
        assert not want or checker.check_output(want, got, LOOSE), f"$ {command}\n{want}---\n{got}"


def check_python(globs: dict[str, Any], block: str, name: str) -> None:
    """Carry out a block of Python at the prompt; what it shows must come."""
    test = doctest.DocTestParser().get_doctest(block, globs, name, name, 0)
    test.globs = globs  # later blocks of the page go on with what earlier ones made
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=LOOSE).run(test, out=said.append, clear_globs=False)
    assert result.attempted
    assert not result.failed, "".join(said)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages speak of."""
    shutil.copy(SOUNDS / "questioned.opus", tmp_path / "tape.opus")
    shutil.copy(SOUNDS / "known_1.m4a", tmp_path / "known.m4a")
    shutil.copy(ROOT / "demo" / "articles" / "1.html", tmp_path / "article.html")
    shutil.copy(ROOT / "demo" / "transcripts" / "questioned.srt", tmp_path / "said.srt")
    shutil.copy(ROOT / "demo" / "grid" / "mains.csv", tmp_path / "mains.csv")
    (tmp_path / "roots.pem").write_text("certificates that the desk trusts\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def _with_code(pages: list[Path]) -> list[Path]:
    return [page for page in pages if blocks(page.read_text("utf-8"), "console", "pycon")]


@pytest.mark.parametrize("page", _with_code(PAGES), ids=lambda page: page.stem)
def test_what_a_page_shows_can_be_run(
    page: Path, desk: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command and every line of Python in a page does what the page says."""
    if page.stem == "store":
        address = request.getfixturevalue("empty_store").url(servers.OWNER)
        monkeypatch.setenv("EARWITNESS_STORE", address)
    terminal, globs = Terminal(desk), {"__name__": "__main__"}
    for language, block in blocks(page.read_text("utf-8"), "console", "pycon"):
        if language == "console":
            check_console(terminal, block)
        else:
            check_python(globs, block, page.name)


def test_a_page_that_shows_what_is_not_so_is_found(desk: Path) -> None:
    """The runner itself: another output, a failing command and an unknown one are not passed over."""
    terminal = Terminal(desk)
    with pytest.raises(AssertionError):
        check_console(terminal, "$ earwitness verify nowhere.case\n")
    with pytest.raises(AssertionError):
        check_console(terminal, "$ earwitness report --schema\nnot this\n")
    with pytest.raises(AssertionError):
        check_console(terminal, "$ rm -r /\n")
    with pytest.raises(AssertionError):
        check_python({}, ">>> 1 + 1\n3\n", "a sum")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_that_are_not_run_exist(page: Path) -> None:
    """What a page tells the reader to type, but the test cannot run, names commands there are."""
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for _, block in blocks(page.read_text("utf-8"), "sh"):
        for line in block.splitlines():
            words = shlex.split(line)
            if words[0] == "make":
                assert set(words[1:]) <= set(targets)
            elif words[0].endswith("earwitness"):
                assert words[1] in entrance.commands
            else:
                assert words == [".", ".venv/bin/activate"]


def commands() -> list[tuple[str, click.Command]]:
    """Every command with the words by which it is called."""
    walked = described.walk_commands(entrance, ("earwitness",))
    return [(" ".join(path), command) for path, command in walked]


@pytest.mark.parametrize(("words", "command"), commands(), ids=[words for words, _ in commands()])
def test_every_command_and_option_is_documented(words: str, command: click.Command) -> None:
    """Each command has its section with all its options, and each that does something is shown in use."""
    section = described.commands().partition(f"## `{words}`\n")[2].partition("\n## ")[0]
    assert command.help
    assert command.help.split()[0] in section
    for option in command.params:
        if isinstance(option, click.Option):
            for name in option.opts:
                assert f"`{name}" in section
            assert option.help or isinstance(option.type, click.Choice), f"{name} says nothing"
    if not isinstance(command, click.Group):
        prose = "".join(page.read_text("utf-8") for page in PAGES)
        assert re.search(rf"^\$ {words}\b", prose, re.MULTILINE), f"{words} is shown nowhere"


def test_every_exit_code_is_documented() -> None:
    """Each exit code stands in the table of exit codes with its meaning."""
    page = (DOCS / "commands.md").read_text("utf-8")
    assert "% generated: exit-codes" in page
    for code in ExitCode:
        assert f"| `{code.value}` | {code.meaning} |" in described.exit_codes()


def test_every_setting_is_documented() -> None:
    """Each key of case.toml is listed, and says what it means."""
    schema, page = CaseFile.model_json_schema(), described.settings()
    assert "% generated: settings" in (DOCS / "case.md").read_text("utf-8")
    for model in (schema, *(each for each in schema["$defs"].values() if "properties" in each)):
        assert model["description"] in page
        for key, value in model["properties"].items():
            row = re.search(rf"^\| `{key}` \|.*\| (.+) \|$", page, re.MULTILINE)
            table = f"### `[{key}]`" in page or f"### `[[{key}]]`" in page
            assert table or row, f"{key} is not documented"
            assert table or key in ("sha256", "role") or value["description"], f"{key} is bare"


def test_every_setting_of_the_environment_is_documented() -> None:
    """Each is in a table of some page, with what it is and what holds without it."""
    read = set(
        re.findall(r'"(EARWITNESS_[A-Z_]+)"', "".join(p.read_text() for p in SOURCE.rglob("*.py")))
    )
    assert {"EARWITNESS_STORE", "EARWITNESS_LOG"} <= read
    prose = "".join(page.read_text("utf-8") for page in PAGES)
    for name in read:
        assert re.search(rf"^\| `{name}` \| .{{10,}} \| .+ \|$", prose, re.MULTILINE), name


def test_the_example_of_a_case_file_is_one() -> None:
    """The case.toml in the guide is accepted, and shows every table that there is."""
    (_, text), *_ = blocks((DOCS / "case.md").read_text("utf-8"), "toml")
    shown = CaseFile.model_validate(tomllib.loads(text))
    assert shown.model_fields_set == set(CaseFile.model_fields)
    for name, values in shown.examine.items():
        all_examinations()[name].parameters(values)


@pytest.mark.parametrize("role", Role)
def test_every_role_is_documented(role: Role) -> None:
    """Each role of an exhibit is in the guide's table."""
    assert re.search(rf"^\| `{role}` \| .{{10,}} \|$", (DOCS / "case.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("examination", all_examinations().values(), ids=lambda each: each.name)
def test_every_examination_is_documented(examination: Examination) -> None:
    """Its page has the question, needs, sources and limits, and its method explains each parameter."""
    page = described.examination_page(examination)
    for said in (examination.question, examination.needs.wording, *examination.sources):
        assert said in page
    for name, default in examination.defaults.items():
        assert f"| `{name}` |" in page
        assert f"{name} = {json.dumps(default)}" in page
        assert f"``{name}``" in examination.method, f"the method does not explain {name}"
    limits = page.partition("## What it does not show")[2].partition("## ")[0]
    assert re.search(r"^- \S.+\.$", limits, re.MULTILINE), "no limit could be read from its source"
    assert f"[{examination.name}]({examination.name}.md)" in described.examinations_list()


@pytest.mark.parametrize("error", described.all_errors(), ids=lambda error: error.__name__)
def test_every_error_is_documented(
    error: type[EarwitnessError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each class is in the drawn tree and has its section, and its exit code there is the real one."""
    page = described.error_classes()
    section = page.partition(f"## {error.__name__}\n")[2].partition("\n## ")[0]
    assert re.search(rf"\b{error.__name__}\b", page.partition("## ")[0])
    assert (error.__doc__ or "").splitlines()[0] in section

    def refuse() -> None:
        raise error("this is refused")

    monkeypatch.setitem(entrance.commands, "refuse", click.Command("refuse", callback=refuse))
    monkeypatch.setattr(sys, "argv", ["earwitness", "refuse"])
    with pytest.raises(SystemExit) as ended:
        main()
    if error is not WorkerDied:  # which is never raised, but stands in an outcome
        assert f"Exit code `{ended.value.code}`." in section


def test_every_act_is_documented() -> None:
    """Each kind of act that the program logs is in the page on custody."""
    page = (DOCS / "custody.md").read_text("utf-8")
    acts: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        acts |= set(re.findall(r"\.act\(\s*\"(\w+)\"", text))
        acts |= set(re.findall(r"_append\(\s*transaction, \"(\w+)\"", text))
    assert {"new", "add", "examine", "report"} <= acts
    for act in acts:
        assert f"| `{act}` |" in page, f"the act {act} is not in docs/custody.md"


def test_every_part_of_the_folder_is_documented(tmp_path: Path) -> None:
    """Whatever a case's folder holds after use is in the guide's table."""
    case = earwitness.new(tmp_path / "c", questioned=[SOUNDS / "known_1.m4a"])
    assert [each.outcome.kind for each in case.examine(["quality_v1"])] == ["finding"]
    case.report("html")
    page = (DOCS / "case.md").read_text("utf-8")
    for path in case.path.iterdir():
        name = path.name + ("/" if path.is_dir() else "")
        assert f"| `{name}` |" in page, f"{name} is not in docs/case.md"


def test_the_published_schema_is_that_of_reports() -> None:
    """docs/report.schema.json is what this version's reports keep to."""
    published = json.loads((DOCS / "report.schema.json").read_text("utf-8"))
    assert published == report_schema(), (
        "write it anew: earwitness report --schema > docs/report.schema.json"
    )


def test_every_placeholder_has_its_text() -> None:
    """Each generated part is used by some page, and no page asks for another."""
    asked = {
        name
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"^% generated: (\S+)$", page.read_text("utf-8"), re.MULTILINE)
    }
    assert asked == set(described.PARTS)


@pytest.mark.slow
def test_an_examination_is_one_file(tmp_path: Path) -> None:
    """The example in the docs, put into the folder, is run, reported and documented by that alone."""
    ignore = shutil.ignore_patterns("__pycache__", "_build", "*_v*.md")
    for name in ("src", "docs", "decisions"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    shutil.copy(DOCS / "examples" / "loudest.py", tmp_path / "src/earwitness/examinations")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    shutil.copy(SOUNDS / "known_1.m4a", tmp_path / "tape.m4a")
    listed = json.loads(run(*COMMAND, "examinations", "--json"))
    assert "loudest_v1" in [each["name"] for each in listed]
    examined = json.loads(run(*COMMAND, "examine", "tape.m4a", "--only", "loudest", "--json"))
    assert [each["outcome"]["kind"] for each in examined["outcomes"]] == ["finding"]
    report = Path(examined["report"]).read_text("utf-8")
    assert "Where is the recording loudest?" in report
    assert "Level over time, highest from" in report

    run(sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "docs", "html")
    page = (tmp_path / "html/examinations/loudest_v1.html").read_text("utf-8")
    assert "Where is the recording loudest?" in page
    assert "Mean power is not loudness" in page
    assert "loudest_v1.html" in (tmp_path / "html/index.html").read_text("utf-8")
