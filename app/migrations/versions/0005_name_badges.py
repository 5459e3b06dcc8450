"""Let a group say whether a badge that nobody has claimed shows its name: it does, as it did on paper."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("groups") as batch_op:
        batch_op.add_column(sa.Column("badge_names", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("groups") as batch_op:
        batch_op.alter_column("badge_names", server_default=None)
