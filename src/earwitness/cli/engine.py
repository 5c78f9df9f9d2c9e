"""The option ``--engine``: who does the work of a command."""

from __future__ import annotations

from contextlib import AbstractContextManager

import click

from earwitness.engine.cluster import DASK, ENGINE, PROCESSES, Cluster, engine_named, is_engine
from earwitness.workbench import Case


def _engine(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not is_engine(name):
        raise click.BadParameter(f"{PROCESSES}, {DASK}, tcp://HOST:PORT or tls://HOST:PORT")
    return name


with_engine = click.option(
    "--engine",
    envvar=ENGINE,
    default=PROCESSES,
    show_default=True,
    show_envvar=True,
    callback=_engine,
    metavar="ENGINE",
    help="Who does the work: this machine's processes, dask (a cluster on this machine), "
    "or the address of a Dask scheduler.",
)


def engine_of(opened: Case, name: str) -> AbstractContextManager[Cluster | None]:
    """An engine for a case; of as many processes as case.toml says, where they are started here."""
    return engine_named(name, workers=opened.case_file.settings.workers or None)
