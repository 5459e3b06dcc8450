"""Alembic's way in: it works on the connection that it is handed, one transaction a change."""

from typing import Any, Literal

from alembic import context

from app import domain
from app.database import Base, UtcDateTime


def _column_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    # A migration must not change when our own type does, so it names what the type stands on.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


domain.all_tables()
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_column_type,
    transaction_per_migration=True,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
