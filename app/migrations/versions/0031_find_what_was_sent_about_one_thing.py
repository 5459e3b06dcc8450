"""Find at once what was sent about one thing, and what is open about 1-2-1s, among millions that are over."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    for thing in ("prompt", "notice"):
        there = sa.text(f"{thing}_id IS NOT NULL")
        op.create_index(
            op.f(f"ix_deliveries_{thing}_id"),
            "deliveries",
            [f"{thing}_id"],
            sqlite_where=there,
            postgresql_where=there,
        )
    is_open = sa.text("ended_at IS NULL AND one_to_one_id IS NOT NULL")
    op.create_index(
        op.f("ix_prompts_open_about_one_to_ones"),
        "prompts",
        ["one_to_one_id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
