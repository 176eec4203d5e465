"""How Alembic reaches the database: by the connection that `alliance.db.schema` hands over."""

from __future__ import annotations

from alembic import context

from alliance.db.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata(), render_as_batch=False,
    user_module_prefix="types.", compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
