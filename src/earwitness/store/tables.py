"""The tables of a case's database, as the newest migration leaves them.

On a server these tables hold the cases of all desks. Two more columns, ``desk`` and ``case_id``, stand
in each of them there. No query names them: the server fills them in from the settings of the
transaction, and its row-level security shows only the rows that bear them.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

exhibits = sa.Table(
    "exhibits",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)

# The next content of case.toml, from the moment its act is logged until the file is written: a
# kill between the two is mended when the case is next opened.
pending_case_file = sa.Table(
    "pending_case_file",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("before_sha256", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("exhibit", sa.String(64), sa.ForeignKey("exhibits.sha256"), nullable=False),
    sa.Column("method", sa.String(64), nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("consulted", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("outcome_sha256", sa.String(64), nullable=False),
    sa.Column("versions", sa.Text, nullable=False),
    sa.Column("examined_at", sa.String(32), nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("document", sa.String(64), nullable=False, index=True),
    sa.Column("statement", sa.Text, nullable=False),
)

dossier_acts = sa.Table(
    "dossier_acts",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
)

custody = sa.Table(
    "custody",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("act", sa.String(32), nullable=False),
    sa.Column("changes", sa.Boolean, nullable=False),
    sa.Column("exhibits", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("versions", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

custody_head = sa.Table(
    "custody_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

# Only on a server: a desk's cases and jobs, kept apart by desk alone; and the words of transcripts, which
# can be made again at any time. None of this is sealed or moved.
server = sa.MetaData()

cases = sa.Table(
    "cases",
    server,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("transactions", sa.BigInteger, nullable=False),
    sa.Column("moved_at", sa.String(32), nullable=True),
)

said_indexes = sa.Table("said_indexes", server, sa.Column("index", sa.String(64), primary_key=True))

said_segments = sa.Table(
    "said_segments",
    server,
    sa.Column("index", sa.String(64), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("speaker", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
)

said_terms = sa.Table(
    "said_terms",
    server,
    sa.Column("index", sa.String(64), nullable=False),
    sa.Column("word", sa.Text, nullable=False),
)

jobs = sa.Table(
    "jobs",
    server,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("case_id", sa.String(32), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("exhibit", sa.String(64), nullable=False),
    sa.Column("method", sa.String(64), nullable=False),
    sa.Column("again", sa.Boolean, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("token", sa.String(32), nullable=True),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("trouble", sa.Text, nullable=False),
    sa.Column("fraction", sa.Double, nullable=False),
    sa.Column("doing", sa.Text, nullable=False),
    sa.Column("ended_in", sa.Text, nullable=False),
    sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
)

workers = sa.Table(
    "workers",
    server,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("cases", sa.ARRAY(sa.String(32)), nullable=False),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
)
