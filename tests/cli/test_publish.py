"""redact, review, export, stamp and case open, as a person and a program type them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import earwitness
from cli.test_commands import Ran, Run
from cli.test_commands import run as run  # noqa: PLC0414  (a fixture)
from earwitness.cli.show import ExitCode


def refused(ran: Ran, said: str, code: ExitCode = ExitCode.REFUSED) -> None:
    """One line on the error output, and nothing else."""
    assert ran.code == code
    assert ran.out == ""
    assert said in ran.error
    assert ran.error.count("\n") == 1


def test_a_name_is_redacted_listed_and_lifted(run: Run, examined: Path) -> None:
    """What is left of the name is said; the list has numbers by which a redaction is lifted."""
    ran = run("--as", "ada", "redact", examined, "--name", "Berta Ama", "--why", "a witness")
    assert ran.code == 0
    assert "still in the report: 'berta'" in ran.out
    assert "a witness" in ran.out
    told = run("redact", examined, "--name", "Berta", "--json").json
    assert [one["names"] for one in told["redactions"]] == [["Berta Ama"], ["Berta"]]
    assert told["parts_left"] == {}
    assert "Berta" not in run("report", examined).out
    assert b"Berta" not in (examined / "reports" / "report.html").read_bytes()
    assert (
        "voice.wav, 0.5 to 1 s" in run("redact", examined, "--passage", "voice.wav", "0.5", "1").out
    )
    lifted = run("redact", examined, "--lift", "1", "--json").json
    assert len(lifted["redactions"]) == 2
    assert earwitness.open(examined).custody[-1].act == "redact"


def test_what_cannot_be_redacted(run: Run, examined: Path) -> None:
    """Each refusal is one line; what was not understood is a question of usage."""
    refused(run("redact", examined, "--name", "-"), "can't be redacted")
    refused(run("redact", examined, "--passage", "voice.wav", "2", "1"), "ends after it begins")
    refused(run("redact", examined, "--passage", "nobody.wav", "1", "2"), "no single exhibit")
    refused(run("redact", examined, "--lift", "7"), "no redaction has that number")
    assert run("redact", examined, "--passage", "voice.wav", "one", "2").code == ExitCode.USAGE
    assert run("redact", examined, "--lift", "1", "--name", "Ada").code == ExitCode.USAGE


def test_a_review_needs_a_name(run: Run, examined: Path) -> None:
    """Behind the command or before it; nobody signs as user@host by oversight."""
    assert run("review", examined, "--verdict", "agrees").code == ExitCode.USAGE
    ran = run(
        "review", examined, "--as", "R. Ama", "--verdict", "with-remarks", "--note", "See <6>."
    )
    assert "R. Ama agrees with remarks: signed over the report" in ran.out
    told = run("--as", "E. Oko", "review", examined, "--verdict", "disagrees", "--json").json
    assert told["who"] == "E. Oko"
    run("report", examined, "--format", "json")
    report = json.loads((examined / "reports" / "report.json").read_text())
    assert [(one["who"], one["verdict"]) for one in report["reviews"]] == [
        ("R. Ama", "agrees with remarks"), ("E. Oko", "disagrees"),
    ]  # fmt: skip
    assert {one["report_sha256"] for one in report["reviews"]} == {told["report_sha256"]}


def test_exports_say_where_they_are(run: Run, examined: Path, tmp_path: Path) -> None:
    """As lines, and as JSON; a form that there is not is a question of usage."""
    to = tmp_path / "claims.jsonld"
    ran = run("export", examined, "--as", "claimreview", "--output", to, "--desk", "The desk",
              "--rating", "Not shown", "--category", "OriginalMediaContent")  # fmt: skip
    assert ran.out == f"claimreview: {to}\n"
    assert "The desk" in to.read_text()
    told = run("export", examined, "--as", "ftm", "--json").json
    assert told["paths"] == [str(examined / "exports" / "entities.ftm.json")]
    assert run("export", examined, "--as", "doc").code == ExitCode.USAGE
    refused(run("export", examined, "--as", "labels"), "no finding names a place")


def test_a_bag_goes_out_and_comes_in(run: Run, examined: Path, tmp_path: Path) -> None:
    """With a note of what redaction does not do; into a folder that does not exist yet."""
    run("redact", examined, "--name", "Berta")
    ran = run("export", examined, "--as", "bag", "--output", tmp_path / "a.bag")
    assert "what reports redact stands in it" in ran.out
    opened = run("case", "open", tmp_path / "a.bag", tmp_path / "b.case")
    assert "all is whole" in opened.out
    assert "earwitness replay" in opened.out
    assert run("verify", tmp_path / "b.case").code == 0
    refused(run("case", "open", tmp_path / "a.bag", tmp_path / "b.case"),
            "there is something already", ExitCode.CASE)  # fmt: skip
    told = run("case", "open", tmp_path / "a.bag", "--json").json
    assert told["case"] == str(tmp_path / "a")
    (tmp_path / "a.bag" / "data" / "extra").write_bytes(b"x")
    refused(run("case", "open", tmp_path / "a.bag", tmp_path / "c.case"), "does not name")
    refused(run("case", "open", tmp_path / "none.zip", tmp_path / "c.case"), "unpack it first")


def test_stamps_are_asked_for_or_checked(run: Run, examined: Path, tmp_path: Path) -> None:
    """One of the two; what is refused is one line."""
    pytest.importorskip("rfc3161_client", reason="the extra 'stamp' is not installed")
    roots = tmp_path / "roots.pem"
    roots.write_text("none")
    assert run("stamp", examined).code == ExitCode.USAGE
    assert (
        run("stamp", examined, "--authority", "http://x", "--roots", roots).code == ExitCode.USAGE
    )
    refused(run("stamp", examined, "--authority", "ftp://x.org"), "http or https")
    refused(run("stamp", examined, "--roots", roots), "no time stamp")
    refused(run("stamp", examined, "--roots", tmp_path / "none.pem"), "the system refused")


def test_a_summary_and_a_pdf(run: Run, examined: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each under its own name; without the extra, one line that says what to install."""
    assert run("report", examined, "--summary").out.endswith("summary.html\n")
    page = (examined / "reports" / "summary.html").read_text()
    assert "Summary for editors" in page
    assert "7. What was not examined" not in page
    refused(run("report", examined, "--summary", "--format", "json"), "no form 'json'")
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    refused(run("report", examined, "--format", "pdf"), "earwitness[pdf]")
    assert not (examined / "reports" / "report.pdf").exists()
