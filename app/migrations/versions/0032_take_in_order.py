"""Find what is taken next at once, however much is due at the same minute."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    for name, whose in (("", "code_id IS NULL"), ("_codes", "code_id IS NOT NULL")):
        there = sa.text(f"state = 'waiting' AND {whose}")
        op.create_index(
            op.f(f"ix_deliveries_waiting{name}"),
            "deliveries",
            ["channel", "next_try_at", "id"],
            sqlite_where=there,
            postgresql_where=there,
        )
