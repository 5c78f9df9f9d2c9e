"""``earwitness``: the entrance, its options, and how every command ends."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from earwitness.cli import (
    archive,
    case,
    desk,
    dossier,
    examine,
    grid,
    models,
    other,
    publish,
    store,
    transcript,
    voice,
)
from earwitness.cli.show import ExitCode, Screen
from earwitness.errors import CaseError, EarwitnessError
from earwitness.evidence.names import safe_name, safe_text

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {code.meaning}" for code in ExitCode) + "."


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "who", default="", metavar="NAME", help="Log acts under this name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
@click.version_option(package_name="earwitness")
@click.pass_context
def earwitness(context: click.Context, who: str, as_json: bool, quiet: bool) -> None:
    """Examine a purported recording, and publish a report that another desk can replay."""
    context.obj = Screen(who=safe_text(who), as_json=as_json, quiet=quiet)


def _ask_for_json(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        context.obj = replace(context.obj, as_json=True)


def _takes_json(command: click.Command) -> None:
    """Let ``--json`` also stand behind a command's own name."""
    if isinstance(command, click.Group):
        for member in command.commands.values():
            _takes_json(member)
        return
    option = click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        callback=_ask_for_json,
        help="Print JSON, for programs.",
    )
    command.params.append(option)


for command in (
    archive.archive,
    case.case,
    dossier.dossier,
    examine.examine,
    examine.replay,
    grid.grid,
    other.report,
    other.verify,
    other.examinations,
    transcript.transcript,
    voice.voice,
    models.models,
    publish.redact,
    publish.review,
    publish.export,
    publish.stamp,
    desk.serve_desk,
    desk.desk,
    store.store,
):
    earwitness.add_command(command)
    _takes_json(command)


def main() -> None:
    """Run a command; turn each error into one line and its exit code."""
    screen = Screen(as_json="--json" in sys.argv)
    try:
        code = earwitness(standalone_mode=False)
    except click.exceptions.Abort:
        screen.error("stopped; what had ended is kept, and the same command goes on from there")
        code = ExitCode.STOPPED
    except KeyboardInterrupt:
        screen.error("stopped; what had ended is kept, and the same command goes on from there")
        code = ExitCode.STOPPED
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except CaseError as error:
        screen.error(str(error), kind=type(error).__name__)
        code = ExitCode.CASE
    except EarwitnessError as error:
        screen.error(str(error), kind=type(error).__name__)
        code = ExitCode.REFUSED
    except SystemExit:  # click ends so when the reader has gone: nothing is left to tell
        code = ExitCode.DONE
    except OSError as error:
        screen.error(_of_system(error), kind=type(error).__name__)
        code = ExitCode.REFUSED
    sys.exit(int(code or 0))


def _of_system(error: OSError) -> str:
    """What the operating system refused, as a line: no space, no permission, no such folder."""
    place = f" ({safe_name(error.filename)})" if isinstance(error.filename, str | bytes) else ""
    return f"the system refused: {error.strerror or error}{place}"
