"""On a server: the words of transcripts, to be searched by all who serve the case."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = ("said_indexes", "said_segments", "said_terms")
_RULE = (
    "desk = nullif(current_setting('earwitness.desk', true), '') "
    "AND case_id = nullif(current_setting('earwitness.case', true), '')"
)


def upgrade() -> None:
    """Make the tables."""
    if op.get_bind().dialect.name != "postgresql":
        return
    apart = (
        "desk text NOT NULL DEFAULT current_setting('earwitness.desk'), "
        "case_id varchar(32) NOT NULL DEFAULT current_setting('earwitness.case'), "
        "index varchar(64) NOT NULL"
    )
    op.execute(
        f"CREATE TABLE said_indexes ({apart}, PRIMARY KEY (desk, case_id, index), "
        "FOREIGN KEY (desk, case_id) REFERENCES cases (desk, id))"
    )
    refers = (
        "FOREIGN KEY (desk, case_id, index) REFERENCES said_indexes (desk, case_id, index) "
        "ON DELETE CASCADE"
    )
    op.execute(
        f"CREATE TABLE said_segments ({apart}, place integer NOT NULL, source text NOT NULL, "
        "start_ms bigint NOT NULL, end_ms bigint NOT NULL, speaker text NOT NULL, "
        "text text NOT NULL, words text NOT NULL, "
        f"PRIMARY KEY (desk, case_id, index, place), {refers})"
    )
    op.execute(
        f'CREATE TABLE said_terms ({apart}, word text COLLATE "C" NOT NULL, {refers})'
    )  # no key on the word: it may be longer than a key can be
    op.execute("CREATE INDEX ix_said_terms ON said_terms (desk, case_id, index)")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY kept_apart ON {table} USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Remove the tables; they can be made again from the transcripts."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
