"""On a server: examinations that were asked for, and who is carrying them out."""

from alembic import op

revision = "0005"
down_revision = "0004"

_RULE = "desk = nullif(current_setting('earwitness.desk', true), '')"


def upgrade() -> None:
    """Make the table: a row for each job that has not ended."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE TABLE jobs (desk text NOT NULL DEFAULT current_setting('earwitness.desk'), "
        "id bigint GENERATED ALWAYS AS IDENTITY, case_id varchar(32) NOT NULL, "
        "key varchar(64) NOT NULL, exhibit varchar(64) NOT NULL, method varchar(64) NOT NULL, "
        "again boolean NOT NULL, asked_by text NOT NULL, asked_at timestamptz NOT NULL DEFAULT now(), "
        "token varchar(32), worker text NOT NULL DEFAULT '', taken_until timestamptz, "
        "tries integer NOT NULL DEFAULT 0, trouble text NOT NULL DEFAULT '', "
        "PRIMARY KEY (desk, id), UNIQUE (desk, case_id, key), "
        "FOREIGN KEY (desk, case_id) REFERENCES cases (desk, id))"
    )
    op.execute("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE jobs FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY kept_apart ON jobs USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Remove the table; what had not ended must be asked for again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TABLE jobs")
