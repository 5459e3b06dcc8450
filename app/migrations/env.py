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
sqlite = connection.connection.dbapi_connection if connection.dialect.name == "sqlite" else None
if sqlite:
    # A changed table is made anew and the old one dropped: what points at it must not be deleted with it.
    sqlite.execute("PRAGMA foreign_keys=OFF")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=_column_type,
    transaction_per_migration=True,
    transactional_ddl=True,
    compare_type=True,
)
try:
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    if sqlite and (lost := sqlite.execute("PRAGMA foreign_key_check").fetchone()):
        raise RuntimeError(f"A row of {lost[0]} points at nothing in {lost[2]}.")
finally:
    if sqlite:
        sqlite.execute("PRAGMA foreign_keys=ON")
