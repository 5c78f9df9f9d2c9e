"""On a server: rows belong to a desk and a case, and each transaction sees those of one case alone.

A case in a folder is alone in its database, so there is nothing to do there.
"""

import sqlalchemy as sa
from alembic import op

from earwitness.errors import StoreNotReady

revision = "0003"
down_revision = "0002"

KEYS = {
    "exhibits": "sha256",
    "pending_case_file": "id",
    "outcomes": "number",
    "statements": "id",
    "dossier_acts": "number",
    "custody": "number",
    "custody_head": "id",
}
_DESK = "desk = nullif(current_setting('earwitness.desk', true), '')"
_CASE = "case_id = nullif(current_setting('earwitness.case', true), '')"


def upgrade() -> None:
    """Add the columns, and let the server keep desks and cases apart."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE TABLE cases (desk text NOT NULL DEFAULT current_setting('earwitness.desk') "
        "CHECK (desk <> ''), id varchar(32) NOT NULL, transactions bigint NOT NULL DEFAULT 0, "
        "moved_at varchar(32), PRIMARY KEY (desk, id))"
    )
    op.execute("ALTER TABLE outcomes DROP CONSTRAINT outcomes_exhibit_fkey")
    for table in ("outcomes", "dossier_acts"):  # numbers are counted within each case
        op.execute(f"ALTER TABLE {table} ALTER COLUMN number DROP DEFAULT")
        op.execute(f"DROP SEQUENCE {table}_number_seq")
    for table, key in KEYS.items():
        op.execute(
            f"ALTER TABLE {table} "
            "ADD COLUMN desk text NOT NULL, ADD COLUMN case_id varchar(32) NOT NULL, "
            f"DROP CONSTRAINT {table}_pkey, ADD PRIMARY KEY (desk, case_id, {key}), "
            "ADD FOREIGN KEY (desk, case_id) REFERENCES cases (desk, id)"
        )
        op.execute(
            f"ALTER TABLE {table} "
            "ALTER COLUMN desk SET DEFAULT current_setting('earwitness.desk'), "
            "ALTER COLUMN case_id SET DEFAULT current_setting('earwitness.case')"
        )
        _keep_apart(table, f"{_DESK} AND {_CASE}")
    _keep_apart("cases", _DESK)
    op.execute(
        "ALTER TABLE outcomes ADD CONSTRAINT outcomes_exhibit_fkey "
        "FOREIGN KEY (desk, case_id, exhibit) REFERENCES exhibits (desk, case_id, sha256)"
    )
    op.execute("DROP INDEX ix_outcomes_key")
    op.execute("CREATE INDEX ix_outcomes_key ON outcomes (desk, case_id, key)")
    op.execute("DROP INDEX ix_statements_document")
    op.execute("CREATE INDEX ix_statements_document ON statements (desk, case_id, document)")


def _keep_apart(table: str, rule: str) -> None:
    """Show and take only rows that fit the transaction's settings, the owner's included."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY kept_apart ON {table} USING ({rule}) WITH CHECK ({rule})")


def downgrade() -> None:
    """Take the columns away; only from a store that holds no case."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE cases NO FORCE ROW LEVEL SECURITY")
    if connection.execute(sa.text("SELECT count(*) FROM cases")).scalar():
        raise StoreNotReady("the store holds cases, which the version before cannot keep apart")
    op.execute("ALTER TABLE outcomes DROP CONSTRAINT outcomes_exhibit_fkey")
    op.execute("DROP INDEX ix_outcomes_key")
    op.execute("DROP INDEX ix_statements_document")
    for table, key in KEYS.items():
        op.execute(f"DROP POLICY kept_apart ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
        op.execute(
            f"ALTER TABLE {table} DROP COLUMN desk CASCADE, DROP COLUMN case_id, "
            f"ADD PRIMARY KEY ({key})"
        )
    for table in ("outcomes", "dossier_acts"):
        op.execute(f"CREATE SEQUENCE {table}_number_seq OWNED BY {table}.number")
        op.execute(
            f"ALTER TABLE {table} ALTER COLUMN number SET DEFAULT nextval('{table}_number_seq')"
        )
    op.execute(
        "ALTER TABLE outcomes ADD CONSTRAINT outcomes_exhibit_fkey "
        "FOREIGN KEY (exhibit) REFERENCES exhibits (sha256)"
    )
    op.execute("CREATE INDEX ix_outcomes_key ON outcomes (key)")
    op.execute("CREATE INDEX ix_statements_document ON statements (document)")
    op.execute("DROP TABLE cases")
