"""The option ``--engine``: who does the work of a command."""

from __future__ import annotations

import click

from earwitness.engine.cluster import DASK, ENGINE, PROCESSES, is_engine


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
