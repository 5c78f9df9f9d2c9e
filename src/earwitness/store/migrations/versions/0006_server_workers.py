"""On a server: who works at the queue, how far each job is, and what became of those last asked for."""

from alembic import op

revision = "0006"
down_revision = "0005"

_RULE = "desk = nullif(current_setting('earwitness.desk', true), '')"


def upgrade() -> None:
    """Let a job say how far it is, and stay when it has ended; make the table of workers."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "ALTER TABLE jobs ADD COLUMN fraction double precision NOT NULL DEFAULT 0, "
        "ADD COLUMN doing text NOT NULL DEFAULT '', ADD COLUMN ended_in text NOT NULL DEFAULT '', "
        "ADD COLUMN ended_at timestamptz"
    )
    op.execute(
        "CREATE TABLE workers (desk text NOT NULL DEFAULT current_setting('earwitness.desk'), "
        "name text NOT NULL, cases varchar(32)[] NOT NULL, seen_at timestamptz NOT NULL, "
        "PRIMARY KEY (desk, name))"
    )
    op.execute("ALTER TABLE workers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workers FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY kept_apart ON workers USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Remove them; jobs that have ended are not known to the version before."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP TABLE workers")
    op.execute("ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM jobs WHERE ended_at IS NOT NULL")
    op.execute("ALTER TABLE jobs FORCE ROW LEVEL SECURITY")
    op.execute(
        "ALTER TABLE jobs DROP COLUMN fraction, DROP COLUMN doing, DROP COLUMN ended_in, "
        "DROP COLUMN ended_at"
    )
