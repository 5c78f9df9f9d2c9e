"""Alembic's entrance: run the migrations inside the transaction that the store has opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
